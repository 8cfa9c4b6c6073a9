import { join } from 'node:path'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { z } from 'zod'
import { journalReader } from '../../src/engine/journal-reader.ts'
import { upStores } from '../../src/session/up.ts'
import {
  benchWith,
  homeWithStores,
  killStore,
  reasonsOf,
  roleProcesses,
  smallBench,
} from '../helpers/small-bench.ts'

const home = await homeWithStores()
const PUBLISHED: unknown = JSON.parse(
  readFileSync(new URL('../../schemas/result.schema.json', import.meta.url), 'utf8'),
)

/** What a journal holds of the arrivals, without what depends on when they ran. */
async function asked(folder: string): Promise<string[]> {
  const lines: string[] = []
  for await (const { number, operation, keys } of journalReader(join(folder, 'journal')).entries())
    lines.push(`${number} ${operation} ${JSON.stringify(keys)}`)
  return lines.toSorted()
}

t.test(
  'an undisturbed run passes, its result is as the published schema says, notes come first',
  async (t) => {
    const lines: string[] = []
    const { result } = await smallBench({ home, line: (text) => lines.push(text) })
    t.match(lines[0], /^note: \d\d follows among 1000 users$/)
    t.same([result.verdict, result.exitCode, result.partial], ['PASS', 0, false], reasonsOf(result))
    const published = z.fromJSONSchema(PUBLISHED as Parameters<typeof z.fromJSONSchema>[0])
    t.same(published.safeParse(JSON.parse(JSON.stringify(result))).error?.issues ?? [], [])
    t.equal(result.operations.length, 19)
    t.ok(result.audits.every(({ state }) => state === 'held'))
    t.same(await roleProcesses(), [])
  },
)

t.test('a relay that is killed makes FAIL; started again for the drain, it has lost nothing', async (t) => {
  const kill = async (): Promise<void> => {
    for (const pid of await roleProcesses()) process.kill(pid, 'SIGKILL')
  }
  const { result } = await benchWith('measure', kill, { home })
  t.same([result.verdict, result.exitCode, result.partial], ['FAIL', 4, false], reasonsOf(result))
  t.match(reasonsOf(result), 'role relay died (SIGKILL)')
  t.same(
    result.audits.filter(({ state }) => state !== 'held'),
    [],
  )
  t.match(result.audits, [{ name: 'outbox.drained' }, { name: 'journal.acknowledged-once' }])
  t.same(await roleProcesses(), [])
})

t.test('what is asked does not depend on the number of load workers', async (t) => {
  const rates = ['like.add', 'follow.add', 'post.create', 'profile.update'].map((operation) => ({
    operation,
    perSecond: 30,
  }))
  const one = await smallBench({ home, options: { rates } })
  const three = await smallBench({ home, options: { rates, workers: 3 } })
  const expected = await asked(one.folder)
  t.ok(expected.length > 200, `${expected.length} writes`)
  t.strictSame(await asked(three.folder), expected)
})

t.test('a store that dies during the seeding ends the run with a verdict that says so', async (t) => {
  const { result } = await benchWith('clone', () => killStore(home, 'postgres'), { home })
  t.same([result.verdict, result.exitCode, result.partial], ['VOID', 7, true])
  t.match(result.reasons, [{ verdict: 'VOID', reason: /^seed: postgres: / }])
  t.equal(result.reasons.length, 1)
  await upStores(['postgres', 'redis'], { provider: 'native', topology: 'single', home })
  const { result: next } = await smallBench({ home })
  t.equal(next.verdict, 'PASS', reasonsOf(next))
})
