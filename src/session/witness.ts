import type { OperationName } from '../core/names.ts'
import type { JournalKeys } from '../core/operation.ts'
import { realClock } from '../engine/clock.ts'
import { openJournal } from '../engine/journal.ts'
import type { JournalWriter } from '../engine/journal.ts'

/** A role's own file in the journal. */
export interface Witness {
  saw(operation: OperationName, keys: JournalKeys): void
  /** Writes what is buffered; nothing is there where nothing was seen. */
  close(): Promise<void>
}

/** The witness of one role: its file is made when it has seen something. */
export function openWitness(folder: string, role: string): Witness {
  const clock = realClock()
  let opening: Promise<JournalWriter> | undefined
  let journal: JournalWriter | undefined
  const early: (() => void)[] = []
  let number = 0

  function write(operation: OperationName, keys: JournalKeys, atMicros: number): void {
    number += 1
    void journal?.begin({ number, phase: 'measure', stream: 'mix', operation, keys, startedMicros: atMicros })
    void journal?.end({ number, outcome: 'ok', result: {}, finishedMicros: atMicros })
  }

  async function open(): Promise<JournalWriter> {
    journal = await openJournal(folder, role)
    for (const each of early.splice(0)) each()
    return journal
  }

  return {
    saw(operation, keys) {
      const atMicros = clock.nowMicros()
      if (journal !== undefined) return write(operation, keys, atMicros)
      early.push(() => write(operation, keys, atMicros))
      opening ??= open()
    },
    async close() {
      await (await opening)?.close()
    },
  }
}
