import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { errorCode } from './files.ts'

// Below the range that systems hand out for outgoing connections, so that a stopped store finds its port free again.
const LOWEST = 20_000
const HIGHEST = 32_000
const ATTEMPTS = 200

/** Whether nobody listens on this port of a loopback address. */
export function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error) => {
      const code = errorCode(error)
      if (code === 'EADDRINUSE' || code === 'EACCES') resolve(false)
      else reject(error)
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
