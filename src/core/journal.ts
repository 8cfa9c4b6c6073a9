import type { OperationName } from './names.ts'
import type { JournalKeys, Phase, Stream } from './operation.ts'

/** What the witness knows of a write. `unknown`: asked, and no answer seen (timeout, lost connection, killed). */
export type JournalOutcome = 'ok' | 'refused' | 'failed' | 'unknown'

/** One write, as the witness saw it: design.md, law 7. */
export interface JournalEntry {
  readonly number: number
  readonly phase: Phase
  readonly stream: Stream
  readonly operation: OperationName
  readonly keys: JournalKeys
  readonly outcome: JournalOutcome
  /** What the application returned (ids as decimal strings); empty unless `ok`. */
  readonly result: JournalKeys
  /** `process.hrtime` microseconds at actual start, and at the answer (absent while `unknown` without an answer). */
  readonly startedMicros: number
  readonly finishedMicros: number | undefined
}

/** The journals of all processes of a run, read back for the audits. Entries stream in file order. */
export interface JournalReader {
  entries(operation?: OperationName): AsyncIterable<JournalEntry>
}
