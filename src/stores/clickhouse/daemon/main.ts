// The process that owns one directory of ClickHouse and answers its HTTP protocol on loopback.
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Configuration } from './configuration.ts'
import { openEngine } from './engine.ts'
import type { Engine } from './engine.ts'
import { giveWayToStatements } from './merges.ts'
import { listen } from './server.ts'

/** What still runs after this is ended with the process: what was acknowledged is written. */
const PATIENCE_MS = 10_000

function log(line: string): void {
  process.stdout.write(`${new Date().toISOString()} ${line}\n`)
}

function open(configuration: Configuration): Engine | undefined {
  try {
    return openEngine(configuration)
  } catch (error) {
    // The engine itself has written why, e.g. that another process has the directory open.
    log(`ClickHouse cannot open its directory: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
    return undefined
  }
}

async function main(): Promise<void> {
  const configuration = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Configuration
  const engine = open(configuration)
  if (engine === undefined) return
  // A full disk, say, is no reason to answer nothing.
  await giveWayToStatements(engine).catch((error: unknown) => log(`merges do not give way: ${String(error)}`))
  const server = await listen(engine, configuration)
  log(`ClickHouse answers on 127.0.0.1:${configuration.port}`)
  let ending = false
  const end = async (): Promise<void> => {
    if (ending) return
    ending = true
    server.close()
    server.closeIdleConnections()
    await Promise.race([engine.close(), sleep(PATIENCE_MS)])
    server.closeAllConnections()
    log('ended')
    // The engine's threads would keep the process.
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void end())
}

await main()
