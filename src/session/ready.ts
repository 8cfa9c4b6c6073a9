import { open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { ArchError } from '../core/errors.ts'
import type { StoreEndpoint } from '../core/store.ts'
import type { Note, Secrets, StoreModule } from '../core/store-module.ts'
import { lastLines } from '../machine/files.ts'

const POLL_MS = 20
const SLOW_MS = 5_000
/** Recovery after a kill may have gigabytes of log to replay. */
const PATIENCE_MS = 300_000

const TAIL_BYTES = 4096

/** The log of an instance, from where its present start began. */
export interface LogPart {
  readonly file: string
  readonly from: number
}

/** The last lines of it, or that it cannot be read. */
export async function endOfFile(log: LogPart): Promise<string> {
  try {
    const file = await open(log.file)
    try {
      const { size } = await file.stat()
      const from = Math.max(log.from, size - TAIL_BYTES)
      const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(TAIL_BYTES), position: from })
      return lastLines(buffer.toString('utf8', 0, bytesRead), 5)
    } finally {
      await file.close()
    }
  } catch {
    return '(its log cannot be read)'
  }
}

/**
 * Waits until a client operation is answered and the application's role is there.
 * @param alive whether the instance can still be hoped for; asked between attempts
 * @throws ArchError with the end of the log when it died or does not answer in 5 min
 */
export async function waitUntilReady(
  module: StoreModule,
  endpoint: StoreEndpoint,
  secrets: Secrets,
  endOfLog: () => Promise<string>,
  alive: () => Promise<boolean>,
  note: Note,
): Promise<void> {
  const begun = performance.now()
  let said = false
  for (;;) {
    try {
      await module.settle(endpoint, secrets)
      return
    } catch (error) {
      if (error instanceof ArchError) throw error
      const waited = performance.now() - begun
      const living = await alive()
      if (!living || waited > PATIENCE_MS) {
        throw new ArchError(
          living
            ? `${module.title} does not answer after ${Math.round(waited / 1000)} s: ${String(error)}`
            : `${module.title} ended while it was starting:\n${await endOfLog()}`,
          `Read its log: arch logs ${module.name}`,
          3,
          error,
        )
      }
      if (!said && waited > SLOW_MS) {
        note(`${module.title} is still starting (a first start and the recovery after a crash take a while)`)
        said = true
      }
    }
    await sleep(POLL_MS)
  }
}
