import { open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { ArchError } from '../core/errors.ts'
import type { StoreName } from '../core/names.ts'
import type { Environment } from '../machine/account.ts'
import { errorCode, explainFileError, lastLines } from '../machine/files.ts'
import { logFile, openHome } from '../machine/home.ts'
import { readInstance } from './instance.ts'
import { loadStore } from './stores.ts'
import { dockerLogs } from './up-docker.ts'

/** Not every file system reports changes; asking costs nothing. */
const POLL_MS = 200
const CHUNK_BYTES = 64 * 1024
/** How much of the end of a log is looked through for the lines that were asked for. */
const TAIL_BYTES = 4 * 2 ** 20

/** What to show of a log. */
export interface LogOptions {
  readonly home?: string
  readonly env: Environment
  readonly lines: number
  /** Goes on until this aborts; the end of the log is the end otherwise. */
  readonly follow?: AbortSignal
}

type Chunks = AsyncGenerator<string, void, undefined>

async function* fileLog(file: string, lines: number, follow: AbortSignal | undefined): Chunks {
  const handle = await open(file)
  try {
    const decoder = new TextDecoder()
    const { size } = await handle.stat()
    let position = Math.max(0, size - TAIL_BYTES)
    const tail = Buffer.alloc(size - position)
    await handle.read({ buffer: tail, position })
    yield `${lastLines(decoder.decode(tail), lines)}\n`
    position = size
    const buffer = Buffer.alloc(CHUNK_BYTES)
    while (follow !== undefined && !follow.aborted) {
      const { bytesRead } = await handle.read({ buffer, position })
      position += bytesRead
      if (bytesRead > 0) yield decoder.decode(buffer.subarray(0, bytesRead), { stream: true })
      else await sleep(POLL_MS, undefined, { signal: follow }).catch(() => undefined)
    }
  } finally {
    await handle.close()
  }
}

/**
 * The end of a store's log, and what is added to it while `follow` lasts.
 * @throws ArchError for a store that runs elsewhere, or was never started here
 */
export async function* storeLog(name: StoreName, options: LogOptions): Chunks {
  const module = await loadStore(name)
  const home = await openHome(options.home, options.env)
  const instance = await readInstance(home, name)
  if (instance === undefined) {
    const elsewhere = options.env[module.urlVariable]
    throw new ArchError(
      elsewhere
        ? `${module.title} runs elsewhere (${module.urlVariable})`
        : `${module.title} was never started here`,
      elsewhere ? 'Read its log where it runs.' : 'Start it with: arch up',
    )
  }
  if (instance.provider === 'docker') {
    if (instance.container !== true)
      throw new ArchError(
        `${module.title} is stopped, and its log went with its container`,
        'Start it with: arch up',
      )
    yield* dockerLogs(home, module, options.lines, options.follow)
    return
  }
  const file = logFile(home, name)
  try {
    yield* fileLog(file, options.lines, options.follow)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw explainFileError(error, `read ${file}`)
    throw new ArchError(`${module.title} has no log yet`, 'Start it with: arch up')
  }
}
