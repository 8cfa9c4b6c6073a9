import { ArchError } from '../../core/errors.ts'
import type { JournalEntry, JournalReader } from '../../core/journal.ts'
import type { OperationName } from '../../core/names.ts'

function refuse(entry: JournalEntry, key: string): never {
  throw new ArchError(
    `journal entry ${entry.number} of ${entry.operation} names no ${key}`,
    'the journal was changed by hand, or comes from another version of arch: run the bench again',
  )
}

function idIn(entry: JournalEntry, where: 'keys' | 'result', key: string): bigint {
  const value = entry[where][key]
  return typeof value === 'string' && /^\d{1,19}$/.test(value) ? BigInt(value) : refuse(entry, key)
}

/**
 * An id that the write was asked with.
 * @throws ArchError when the entry has none
 */
export function askedId(entry: JournalEntry, key: string): bigint {
  return idIn(entry, 'keys', key)
}

/**
 * An id that the application answered.
 * @throws ArchError when the entry has none
 */
export function answeredId(entry: JournalEntry, key: string): bigint {
  return idIn(entry, 'result', key)
}

/**
 * A yes or no that the application answered, e.g. `created`.
 * @throws ArchError when the entry has none
 */
export function answeredFlag(entry: JournalEntry, key: string): boolean {
  const value = entry.result[key]
  return typeof value === 'boolean' ? value : refuse(entry, key)
}

/** Whether the journal has any entry: without one, nobody knows what the stores should hold beside the seed. */
export async function hasEntries(journal: JournalReader): Promise<boolean> {
  for await (const entry of journal.entries()) return entry.number >= 0
  return false
}

/** Entries of several operations that may have changed something: `failed` ones were rolled back for certain. */
export async function* writesOf(
  journal: JournalReader,
  operations: readonly OperationName[],
): AsyncGenerator<JournalEntry> {
  const wanted = new Set(operations)
  for await (const entry of journal.entries()) {
    if (wanted.has(entry.operation) && entry.outcome !== 'failed') yield entry
  }
}

/** `#12 follow.add: ok following, 3.104 s to 3.110 s`: a write as a line of a counter-example shows it. */
export function describeWrite(entry: JournalEntry): string {
  const seconds = (micros: number): string => `${(micros / 1e6).toFixed(6)} s`
  const end = entry.finishedMicros === undefined ? 'no answer' : seconds(entry.finishedMicros)
  const keys = Object.entries(entry.keys).map(([key, value]) => `${key} ${value}`)
  const result = Object.entries(entry.result).map(([key, value]) => ` ${key}=${value}`)
  return `#${entry.number} ${entry.operation} (${keys.join(', ')}): ${entry.outcome}${result.join('')}, ${seconds(entry.startedMicros)} to ${end}`
}
