import type { ExperimentColumn, Readings } from '../../../../core/experiment.ts'
import { newFindings } from '../../../../patterns/audits/findings.ts'
import { compareAnswers } from '../../history/audits.ts'
import type { HistoryQuery } from '../../history/queries.ts'
import { column } from '../../../../patterns/experiments/columns.ts'
import type { Engine, TimedAnswer } from './ask.ts'

/** What is told of a query. */
export const QUERY_COLUMNS: readonly ExperimentColumn[] = [
  column('rows', 'rows', 'count', 3),
  column('differ', 'differ', 'count', 1),
  column('postgresFirst', 'PG first ms', 'milliseconds', 4),
  column('clickhouseFirst', 'CH first ms', 'milliseconds', 4),
  column('postgres', 'PG hot ms', 'milliseconds', 0, true),
  column('clickhouse', 'CH hot ms', 'milliseconds', 0, true),
  column('ratio', 'PG/CH', 'ratio', 0, true),
]

/** Once, and twice more: who is first changes each time. */
const RUNS = [0, 1, 2]

/** The better of the runs after the first. */
function hotOf(answers: readonly TimedAnswer[]): number {
  return Math.min(...answers.slice(1).map(({ milliseconds }) => milliseconds))
}

/**
 * Asks both engines the same: once after they have forgotten what they can, then twice hot, in turns. `differ` is the
 * number of rows in which their answers are not the same.
 * @throws OperationFailure
 */
export async function compareEngines(
  query: HistoryQuery,
  postgres: Engine,
  clickhouse: Engine,
  round: number,
  signal: AbortSignal,
): Promise<Readings> {
  const ofPostgres: TimedAnswer[] = []
  const ofClickhouse: TimedAnswer[] = []
  await postgres.forget()
  await clickhouse.forget()
  for (const run of RUNS) {
    const turns = [
      async () => ofPostgres.push(await postgres.ask(query, signal)),
      async () => ofClickhouse.push(await clickhouse.ask(query, signal)),
    ]
    for (const turn of (run + round) % 2 === 0 ? turns : turns.toReversed()) await turn()
  }
  const findings = newFindings()
  for (const run of RUNS) compareAnswers(ofClickhouse[run]?.rows ?? [], ofPostgres[run]?.rows ?? [], findings)
  return {
    rows: ofClickhouse[0]?.rows.length ?? 0,
    differ: findings.violations,
    postgresFirst: ofPostgres[0]?.milliseconds ?? 0,
    clickhouseFirst: ofClickhouse[0]?.milliseconds ?? 0,
    postgres: hotOf(ofPostgres),
    clickhouse: hotOf(ofClickhouse),
    ratio: hotOf(ofPostgres) / hotOf(ofClickhouse),
  }
}
