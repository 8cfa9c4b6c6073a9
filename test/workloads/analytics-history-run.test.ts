// A whole run of suite `history`, small: the course of a run with queries in the place of traffic.
import t from 'tap'
import { parseSaved, resultSchema } from '../../src/core/result-schema.ts'
import type { Result } from '../../src/core/result.ts'
import type { Progress } from '../../src/core/population.ts'
import { inSuite } from '../../src/session/suites.ts'
import { historyQueries } from '../../src/workloads/analytics/history/queries.ts'
import { workload as analytics } from '../../src/workloads/analytics/index.ts'
import { runAnalytics } from '../helpers/analytics-run.ts'
import { startTestStores } from '../helpers/stores.ts'

const { home } = await startTestStores(['clickhouse'])
const workload = inSuite(analytics, 'history')

const run = (signal: AbortSignal, progress: Progress): Promise<Result> =>
  runAnalytics({ home, workload, options: { population: 50_000 }, signal, progress })

t.test(
  'every query is asked once cold and twice hot; too few rows for any target are VOID, not PASS',
  async (t) => {
    const result = await run(new AbortController().signal, () => undefined)
    t.same(parseSaved(resultSchema, JSON.stringify(result), 'here'), JSON.parse(JSON.stringify(result)))
    t.equal(result.suite, 'history')
    t.same(
      result.queries?.results.map(({ name }) => name),
      historyQueries.map(({ name }) => name),
    )
    for (const { name, cold, hot, granules, failure } of result.queries?.results ?? []) {
      t.ok(cold !== null && hot.length === 2 && granules !== null, name)
      t.equal(failure, null, name)
    }
    t.match(result.queries, { rows: 50_000 })
    t.same(
      result.audits.filter(({ state }) => state !== 'held'),
      [],
    )
    t.match(result, { verdict: 'VOID', exitCode: 7, partial: false })
    t.same([result.operations, result.flows], [[], []])
    t.equal(result.generator.valid, true, 'which is no fault of a generator')
    t.same(result.generator.reasons, [])
  },
)

t.test('an interruption among the queries ends in what was seen until then', async (t) => {
  const interrupt = new AbortController()
  const result = await run(interrupt.signal, (step, done) => {
    if (step === 'query' && done === 2) interrupt.abort()
  })
  t.match(result, { verdict: 'INTERRUPTED', exitCode: 130, partial: true, suite: 'history' })
  t.same(
    result.reasons.map(({ verdict }) => verdict),
    ['INTERRUPTED'],
  )
  t.equal(result.queries?.results.at(0)?.hot.length, 2)
})
