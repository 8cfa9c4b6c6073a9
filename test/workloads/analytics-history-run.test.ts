// A whole run of suite `history`, small: the course of a run with queries in the place of traffic.
import t from 'tap'
import type { QuerySuite } from '../../src/core/suite.ts'
import { parseSaved, resultSchema } from '../../src/core/result-schema.ts'
import type { Result } from '../../src/core/result.ts'
import type { Progress } from '../../src/core/population.ts'
import { inSuite } from '../../src/session/suites.ts'
import { askQuery } from '../../src/workloads/analytics/history/ask.ts'
import { HISTORY_DATABASE } from '../../src/workloads/analytics/history/load.ts'
import { historyQueries } from '../../src/workloads/analytics/history/queries.ts'
import { historyServer, historySuite } from '../../src/workloads/analytics/history/suite.ts'
import { timelineOf } from '../../src/workloads/analytics/history/timeline.ts'
import { workload as analytics } from '../../src/workloads/analytics/index.ts'
import { runVariant } from '../helpers/variant-run.ts'
import { startTestStores } from '../helpers/stores.ts'

const { home } = await startTestStores(['clickhouse'])
const workload = inSuite(analytics, 'history')

const run = (signal: AbortSignal, progress: Progress): Promise<Result> =>
  runVariant({ home, workload, options: { population: 50_000 }, signal, progress })

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

const GREEDY = historyQueries.find(({ name }) => name === 'unique-users')
if (GREEDY === undefined) throw new Error('no query unique-users')

/** Suite H where one of the queries has hardly any memory, of which the engine counts every byte. */
const straitened: QuerySuite = {
  ...historySuite,
  async open(stores, population) {
    const running = await historySuite.open(stores, population)
    const client = historyServer(stores).withDatabase(HISTORY_DATABASE)
    return {
      ...running,
      async run(name, temperature, signal) {
        if (name === GREEDY.name)
          await askQuery(
            client,
            GREEDY,
            timelineOf(population),
            { max_memory_usage: 1_000_000, max_untracked_memory: 1 },
            signal,
          )
        return running.run(name, temperature, signal)
      },
    }
  },
}

t.test(
  'a query that exceeds its memory ends with what the engine said; the others are answered and judged',
  async (t) => {
    const suite = { name: 'history', variants: workload.suite?.variants ?? [], queries: straitened }
    const result = await runVariant({
      home,
      workload: {
        ...workload,
        suite,
        variants: { ...workload.variants, fixed: { ...workload.variants.fixed, audits: [] } },
      },
      options: { population: 50_000 },
    })
    t.same(parseSaved(resultSchema, JSON.stringify(result), 'here'), JSON.parse(JSON.stringify(result)))
    t.match(result, { verdict: 'FAIL', exitCode: 4, partial: false })
    t.match(result.reasons, [
      { verdict: 'FAIL', reason: /^query unique-users: .*memory limit exceeded.*code 241/i },
    ])
    t.equal(result.reasons.length, 1)
    t.equal(result.queries?.results.length, historyQueries.length)
    for (const { name, cold, hot, granules, failure, targets } of result.queries?.results ?? [])
      if (name === GREEDY.name) {
        t.match(failure, /memory limit exceeded/i)
        t.same([cold, hot, granules], [null, [], null])
        t.ok(targets.every(({ decided, met }) => !decided && !met))
      } else {
        t.same([failure, hot.length], [null, 2], name)
        t.ok(targets.length > 0 && targets.every(({ observedMs }) => observedMs !== null), name)
      }
  },
)
