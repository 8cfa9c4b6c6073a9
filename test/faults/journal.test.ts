import { fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { JournalEntry } from '../../src/core/journal.ts'
import { journalReader } from '../../src/engine/journal-reader.ts'

const CHILD = new URL('../helpers/journal-writer.ts', import.meta.url)
const ACKNOWLEDGED_BEFORE_THE_KILL = 500

t.test('kill -9 of a process loses no journal entry that it acknowledged', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'arch-journal-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const child = fork(CHILD, [folder])
  const acknowledged = new Set<number>()
  const exit = new Promise<NodeJS.Signals | null>((resolve) => {
    child.on('exit', (_code, signal) => resolve(signal))
  })
  child.on('message', (number: number) => {
    acknowledged.add(number)
    if (acknowledged.size === ACKNOWLEDGED_BEFORE_THE_KILL) child.kill('SIGKILL')
  })
  t.equal(await exit, 'SIGKILL')

  const found = new Map<number, JournalEntry>()
  let entries = 0
  for await (const entry of journalReader(folder).entries()) {
    entries += 1
    found.set(entry.number, entry)
  }
  const lost = [...acknowledged].filter((number) => found.get(number)?.outcome !== 'ok')
  t.same(lost, [], `${acknowledged.size} acknowledged, ${found.size} in the journal`)
  t.equal(entries, found.size, 'no entry is there twice')
  t.ok([...found.values()].every(({ keys, number }) => keys['value'] === `value ${number}`))
})
