import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { ArchError } from '../core/errors.ts'
import { errorCode } from './files.ts'

// Below the range that systems hand out for outgoing connections, so that a stopped store finds its port free again.
const LOWEST = 20_000
const HIGHEST = 32_000
const ATTEMPTS = 200

/** Linux has all of 127.0.0.0/8; other systems have what they were given. */
function addressMissing(host: string): ArchError {
  return new ArchError(
    `this machine has no address ${host}`,
    `Add it (on macOS: sudo ifconfig lo0 alias ${host} up), or use --topology single.`,
  )
}

/** Whether nobody listens on this port of a loopback address. @throws ArchError where the machine has no such address */
export function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error) => {
      const code = errorCode(error)
      if (code === 'EADDRINUSE' || code === 'EACCES') resolve(false)
      else reject(code === 'EADDRNOTAVAIL' ? addressMissing(host) : error)
    })
    server.listen({ port, host, exclusive: true }, () => {
      server.close(() => resolve(true))
    })
  })
}

/** A port of a loopback address that is free now. */
export async function findFreePort(host = '127.0.0.1'): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(LOWEST, HIGHEST)
    if (await isPortFree(port, host)) return port
  }
  throw new Error(`no free port found between ${LOWEST} and ${HIGHEST}`)
}
