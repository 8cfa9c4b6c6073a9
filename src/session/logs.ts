import { open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { ArchError, usageError } from '../core/errors.ts'
import type { StoreName } from '../core/names.ts'
import type { Environment } from '../machine/account.ts'
import { errorCode, explainFileError, lastLines } from '../machine/files.ts'
import { openHome } from '../machine/home.ts'
import { readInstance } from './instance.ts'
import { nodesAt } from './nodes.ts'
import type { Node } from './nodes.ts'
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
  /** Of a store of several nodes, which of them, e.g. `cluster-2`; default all of them. */
  readonly node?: string
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

/** @throws ArchError (usage) for a node that there is not, and where several would have to be followed */
function chosenNodes(nodes: readonly Node[], options: LogOptions): readonly Node[] {
  const names = nodes.flatMap(({ name }) => name ?? [])
  const which = names.length === 0 ? 'It has no nodes to choose from.' : `Name one of: ${names.join(', ')}.`
  if (options.node !== undefined) {
    const found = nodes.filter(({ name }) => name === options.node)
    if (found.length === 0) throw usageError(`there is no node '${options.node}'`, which)
    return found
  }
  if (options.follow !== undefined && nodes.length > 1)
    throw usageError('only one node can be followed', `${which} E.g. --node ${names[0]}`)
  return nodes
}

/**
 * The end of a store's log, or of its nodes' logs one after the other, and what is added to it while `follow` lasts.
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
  for (const { name: node, log } of chosenNodes(nodesAt(home, module, instance), options)) {
    if (node !== undefined && options.node === undefined) yield `==> ${name} ${node} <==\n`
    try {
      yield* fileLog(log, options.lines, options.follow)
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw explainFileError(error, `read ${log}`)
      throw new ArchError(`${module.title} has no log yet`, 'Start it with: arch up')
    }
  }
}
