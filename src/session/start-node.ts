import { rm, stat, truncate } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { ArchError } from '../core/errors.ts'
import type { Launch, Note, StoreModule } from '../core/store-module.ts'
import type { Home } from '../machine/home.ts'
import { endProcess, findByPidFile, isWorkedIn, spawnDetached } from '../machine/process.ts'
import type { ProcessIdentity } from '../machine/process.ts'
import type { Node } from './nodes.ts'
import type { LogPart } from './ready.ts'

/** For a store that is asked to end. */
export const PATIENCE_MS = 30_000
const LARGEST_LOG_BYTES = 64 * 2 ** 20

/** Clears what a killed node, or a killed `arch`, may have left behind. */
export async function clearRemains(launch: Launch, module: StoreModule, note: Note): Promise<void> {
  const unrecorded = await findByPidFile(launch.pidFile, launch.folder)
  if (unrecorded !== undefined) {
    note(`ending ${module.title} process ${unrecorded.pid}, whose start was never recorded`)
    await endProcess(unrecorded, launch.stopSignal, PATIENCE_MS)
  }
  const pidFileIsThere = await stat(launch.pidFile).then(
    () => true,
    () => false,
  )
  if (!pidFileIsThere) return
  const until = performance.now() + PATIENCE_MS
  while (await isWorkedIn(launch.folder)) {
    if (performance.now() > until) {
      throw new ArchError(
        `processes of a killed ${module.title} still work in ${launch.folder}`,
        'End them, and try again.',
      )
    }
    await sleep(20)
  }
  // Its process is gone and so are its children; left there, a later process with that number would block the start.
  await rm(launch.pidFile, { force: true })
}

/** The size of a log, which is emptied when it has grown too large. */
async function sizeOfLog(file: string): Promise<number> {
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  )
  if (size <= LARGEST_LOG_BYTES) return size
  await truncate(file)
  return 0
}

/** A node's process, and what it writes from now on. */
export interface StartedNode {
  readonly process: ProcessIdentity
  readonly log: LogPart
}

/** Starts the process of a node that is prepared. */
export async function startNode(home: Home, node: Node, launch: Launch): Promise<StartedNode> {
  const log = { file: node.log, from: await sizeOfLog(node.log) }
  return { process: await spawnDetached(launch, node.log, home.account), log }
}
