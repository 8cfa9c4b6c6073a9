import { OperationFailure } from '../core/errors.ts'
import type { QueriesResult, QueryResult, QueryRunResult } from '../core/result.ts'
import type { QuerySuite, RunningQueries, SuiteQuery } from '../core/suite.ts'
import { judgeQuery, RUNS } from '../engine/judge-queries.ts'

/** What the queries of a run are asked by. */
export interface QueriesRequest {
  readonly suite: QuerySuite
  readonly running: RunningQueries
  readonly signal: AbortSignal
  readonly onQuery: (name: string, done: number, total: number) => void
}

/** The runs of one query as far as they came. */
interface Seen {
  readonly runs: readonly QueryRunResult[]
  readonly rows: number
  readonly failure: string | null
}

/** Once with nothing in the engine's memory, then twice. A query that fails is not asked again. */
async function ask(query: SuiteQuery, { running, signal }: QueriesRequest): Promise<Seen> {
  const runs: QueryRunResult[] = []
  let answered = 0
  try {
    await running.forget()
    while (runs.length < RUNS && !signal.aborted) {
      const started = performance.now()
      const { rows, ...run } = await running.run(query.name, runs.length === 0 ? 'cold' : 'hot', signal)
      runs.push({ clientMs: performance.now() - started, ...run })
      answered = rows
    }
    return { runs, rows: answered, failure: null }
  } catch (error) {
    if (!(error instanceof OperationFailure)) throw error
    // A statement that is given up because of an interruption failed nobody.
    return { runs, rows: answered, failure: signal.aborted ? null : error.message }
  }
}

async function resultOf(query: SuiteQuery, rows: number, request: QueriesRequest): Promise<QueryResult> {
  const seen = await ask(query, request)
  const [cold, ...hot] = seen.runs
  const isAsked = seen.failure === null && !request.signal.aborted
  return {
    name: query.name,
    question: query.question,
    claims: query.claims,
    cold: cold ?? null,
    hot,
    rows: seen.rows,
    // After the runs: what it reads of the index would be in memory before the cold one.
    granules: isAsked ? await request.running.granules(query.name) : null,
    targets: query.targets.map((target) => judgeQuery(target, rows, seen.runs)),
    failure: seen.failure,
  }
}

/**
 * Asks every query of a suite by the protocol of ClickBench, one after the other (C-19). An interruption ends it with
 * what was seen until then.
 * @throws OperationFailure where the data cannot be looked at
 */
export async function askQueries(request: QueriesRequest): Promise<QueriesResult> {
  const { suite, running, signal, onQuery } = request
  const data = await running.data()
  const results: QueryResult[] = []
  for (const query of suite.queries) {
    if (signal.aborted) break
    onQuery(query.name, results.length, suite.queries.length)
    results.push(await resultOf(query, data.rows, request))
  }
  return { protocol: suite.protocol, ...data, results }
}
