import { ArchError, OperationFailure } from '../core/errors.ts'
import { errorCode, freeBytes } from '../machine/files.ts'
import type { Home } from '../machine/home.ts'

/** What is left when a store cannot make its next file: PostgreSQL's log grows by 16 MB at a time. */
const SPENT_BYTES = 32 * 2 ** 20
/** SQLSTATE of `could not extend file: No space left on device`. */
const DISK_FULL = '53100'
/** A server that cannot write its own log ends, and all that its clients see is a lost connection. */
const MAY_HIDE_IT = [ArchError, OperationFailure]

function saysFull(error: unknown): boolean {
  return errorCode(error) === DISK_FULL || (error instanceof Error && saysFull(error.cause))
}

/**
 * A failure of a store whose disk is full, as an `ArchError` with a remedy; anything else comes back as it is.
 * @param home of a native store, whose disk can be looked at; undefined where the store runs elsewhere
 */
export async function explainFullDisk(error: unknown, home: Home | undefined): Promise<unknown> {
  const message = error instanceof Error ? error.message : String(error)
  if (home === undefined) {
    if (!saysFull(error)) return error
    return new ArchError(
      `the disk of a store is full: ${message}`,
      'Free some space where it runs (docker system df), or use a smaller --population.',
      3,
      error,
    )
  }
  const mayHideIt = MAY_HIDE_IT.some((kind) => error instanceof kind)
  if (!saysFull(error) && !(mayHideIt && (await freeBytes(home.served)) < SPENT_BYTES)) return error
  return new ArchError(
    `the disk of ${home.served} is full: ${message}`,
    'Free some space, set ARCH_HOME to a folder on another disk, or use a smaller --population; then run it again.',
    3,
    error,
  )
}
