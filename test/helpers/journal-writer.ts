// A process that writes a journal in durable mode as fast as it can and acknowledges each entry, until it is killed.
import { openJournal } from '../../src/engine/journal.ts'

const WRITERS = 32
const journal = await openJournal(process.argv[2] ?? '', 'victim', true)
let number = 0

async function write(): Promise<never> {
  for (;;) {
    const mine = number
    number += 1
    const keys = { value: `value ${mine}` }
    await journal.begin({
      number: mine,
      phase: 'measure',
      stream: 'mix',
      operation: 'w',
      keys,
      startedMicros: 1,
    })
    await journal.end({ number: mine, outcome: 'ok', result: {}, finishedMicros: 2 })
    process.send?.(mine)
  }
}

await Promise.all(Array.from({ length: WRITERS }, write))
