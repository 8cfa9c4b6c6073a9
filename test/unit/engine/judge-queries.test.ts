import t from 'tap'
import type { QueryResult } from '../../../src/core/result.ts'
import type { QueryTarget } from '../../../src/core/suite.ts'
import { judgeQuery, queryReasons } from '../../../src/engine/judge-queries.ts'

const target: QueryTarget = { belowMs: 5_000, ofRows: 100e6, claims: ['ANA-05'] }
const billion: QueryTarget = { belowMs: 30_000, ofRows: 1e9, claims: ['ANA-06'], extrapolateFrom: 100e6 }

const runs = (...milliseconds: number[]): QueryResult['hot'] =>
  milliseconds.map((clientMs) => ({ clientMs, engineMs: clientMs, rowsRead: 1, bytesRead: 1 }))

function result(changes: Partial<QueryResult>): QueryResult {
  return {
    name: 'top-pages',
    question: '',
    claims: [],
    cold: null,
    hot: [],
    rows: 0,
    granules: null,
    targets: [],
    failure: null,
    ...changes,
  }
}

t.test('a target is judged by the slowest run, the cold one included (law 5)', async (t) => {
  t.match(judgeQuery(target, 100e6, runs(4_000, 100, 90)), { observedMs: 4_000, met: true, decided: true })
  t.match(judgeQuery(target, 100e6, runs(6_000, 100, 90)), { observedMs: 6_000, met: false, decided: true })
  t.match(judgeQuery(target, 100e6, runs(100, 100, 5_000)), { met: false, decided: true }, 'below, not at')
})

t.test('met on fewer rows proves nothing; missed on fewer is missed', async (t) => {
  t.match(judgeQuery(target, 10e6, runs(40, 10, 9)), { met: false, decided: false, extrapolated: false })
  t.match(judgeQuery(target, 10e6, runs(5_400, 10, 9)), { met: false, decided: true })
})

t.test('met on more rows is met; missed on more proves nothing', async (t) => {
  t.match(judgeQuery(target, 1e9, runs(40, 10, 9)), { met: true, decided: true })
  t.match(judgeQuery(target, 1e9, runs(5_400, 10, 9)), { met: false, decided: false })
})

t.test('only a target that allows for it is scaled, from its own size on, and labelled', async (t) => {
  const scaled = { observedMs: 20_000, extrapolated: true, met: true, decided: true }
  t.match(judgeQuery(billion, 100e6, runs(2_000, 900, 900)), scaled)
  t.match(judgeQuery(billion, 100e6, runs(3_100, 900, 900)), {
    extrapolated: true,
    met: false,
    decided: true,
  })
  t.match(judgeQuery(billion, 50e6, runs(100, 9, 9)), { extrapolated: false, decided: false })
  t.match(judgeQuery(billion, 1e9, runs(29_000, 9, 9)), {
    observedMs: 29_000,
    extrapolated: false,
    met: true,
  })
})

t.test('a run that is missing decides nothing', async (t) => {
  t.match(judgeQuery(target, 100e6, runs(100, 10)), { observedMs: null, met: false, decided: false })
})

t.test('a missed target and a failed query fail a run; a run that decided nothing is void', async (t) => {
  const met = result({ targets: [judgeQuery(target, 100e6, runs(1, 1, 1))] })
  const missed = result({ targets: [judgeQuery(target, 100e6, runs(6_000, 1, 1))] })
  const open = result({ targets: [judgeQuery(target, 10e6, runs(1, 1, 1))] })
  t.same(queryReasons([met, open], 100e6), [])
  t.match(queryReasons([met, missed], 100e6), [
    { verdict: 'FAIL', reason: /top-pages max < 5,000 ms of 100,000,000 rows: 6,000 ms/ },
  ])
  t.match(queryReasons([result({ failure: 'memory limit' })], 10e6), [
    { verdict: 'FAIL', reason: /top-pages: memory limit/ },
  ])
  t.match(queryReasons([open], 10e6), [{ verdict: 'VOID', reason: /the smallest is of 100,000,000/ }])
  t.match(queryReasons([], 0), [{ verdict: 'VOID' }])
})
