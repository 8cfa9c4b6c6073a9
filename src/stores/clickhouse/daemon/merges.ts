import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { setPriority } from 'node:os'
import type { Engine } from './engine.ts'
import { askedBy } from './request.ts'

const THREADS = '/proc/self/task'
/** How the engine names the threads that merge parts and rewrite them. */
const MERGING = 'MergeMutate'
/**
 * Of Linux' 0 to 19: merges go on where nothing else wants the processor, and get a thirtieth of it beside one thread that
 * does. docker-compose.yml says the same.
 */
export const MERGES_NICE = 15
/** The engine starts its merging threads with its first table of this kind. This one goes with its connection. */
const FIRST_TABLE = 'CREATE TEMPORARY TABLE first (a Int8) ENGINE = MergeTree ORDER BY a'

function nameOf(thread: string): string | undefined {
  try {
    return readFileSync(`${THREADS}/${thread}/comm`, 'utf8').trim()
  } catch {
    // It has ended since it was listed.
    return undefined
  }
}

/**
 * Lets the engine's merges give way to statements: an insert waits for no merge of what came before it. A server does the
 * same by `os_threads_nice_value_merge_mutate`, for which the engine wants a right (CAP_SYS_NICE) that the stores' account
 * has not; a thread's owner may make it nicer without.
 * @throws what the engine throws; Error of the system where it is not allowed
 */
export async function giveWayToStatements(engine: Engine): Promise<void> {
  // Other systems know no priority of a thread's own, and have no such folder.
  if (!existsSync(THREADS)) return
  const asked = askedBy(new URLSearchParams(), {}, false)
  await engine.run({ asked, text: FIRST_TABLE, signal: undefined })
  for (const thread of readdirSync(THREADS))
    if (nameOf(thread) === MERGING) setPriority(Number(thread), MERGES_NICE)
}
