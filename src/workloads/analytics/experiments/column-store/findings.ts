import type { ExperimentRow, Finding } from '../../../../core/experiment.ts'
import { figure, times } from '../../../../patterns/experiments/figure.ts'
import { TOTALS } from '../sizes.ts'

/** What the text claims. */
const FASTER = 100
const SMALLER = 10

/** Below it a difference of times counts for little (C-19). */
const SHIFT_MS = 10

/**
 * ClickBench's score of either engine (C-19): the geometric mean, over the queries that both have answered, of
 * (10 ms + time) / (10 ms + the better of the two). 1 is who is never the slower one.
 */
function scoresOf(
  queries: readonly ExperimentRow[],
): readonly [postgres: number, clickhouse: number] | undefined {
  const pairs = queries.flatMap(({ readings }) => {
    const [postgres, clickhouse] = [readings['postgres']?.median, readings['clickhouse']?.median]
    return postgres === undefined || clickhouse === undefined ? [] : [{ postgres, clickhouse }]
  })
  if (pairs.length === 0) return undefined
  const score = (engine: 'postgres' | 'clickhouse'): number => {
    const logarithms = pairs.map((pair) =>
      Math.log((SHIFT_MS + pair[engine]) / (SHIFT_MS + Math.min(pair.postgres, pair.clickhouse))),
    )
    return Math.exp(logarithms.reduce((sum, each) => sum + each, 0) / pairs.length)
  }
  return [score('postgres'), score('clickhouse')]
}

function aboutSpeed(rows: readonly ExperimentRow[]): readonly Finding[] {
  const queries = rows.filter(({ pattern }) => pattern === 'queries')
  const ratios = queries.flatMap(({ row, readings }) => {
    const ratio = readings['ratio']?.median
    return ratio === undefined ? [] : [{ row, ratio }]
  })
  const sorted = ratios.toSorted((one, other) => one.ratio - other.ratio)
  const [least, most] = [sorted[0], sorted.at(-1)]
  if (least === undefined || most === undefined) return []
  const mean = Math.exp(ratios.reduce((sum, { ratio }) => sum + Math.log(ratio), 0) / ratios.length)
  const reached = ratios.filter(({ ratio }) => ratio >= FASTER).length
  const slower = ratios.filter(({ ratio }) => ratio < 1)
  const behind =
    slower.length === 0 ? '' : `; PostgreSQL is faster in ${slower.map(({ row }) => row).join(', ')}`
  const scores = scoresOf(queries)
  const scored =
    scores === undefined
      ? []
      : [
          {
            claims: ['ANA-25'],
            text: `by ClickBench's score, in which 1 is who is never the slower one, ClickHouse has ${scores[1].toFixed(2)} and PostgreSQL ${scores[0].toFixed(2)}`,
          },
        ]
  const equal = queries.filter(({ readings }) => readings['differ']?.highest === 0).length
  return [
    {
      claims: ['ANA-08', 'ANA-25'],
      text: `ClickHouse is ${times(mean)} as fast as PostgreSQL in the geometric mean, from ${times(least.ratio)} (${least.row}) to ${times(most.ratio)} (${most.row}); ${FASTER}x or more in ${reached} of ${ratios.length} queries${behind}`,
    },
    ...scored,
    {
      claims: ['ANA-08'],
      text: `answers are equal, row by row, in ${equal} of ${queries.length} queries`,
    },
  ]
}

function aboutBytes(rows: readonly ExperimentRow[]): readonly Finding[] {
  const bytes = (row: string, name: string): number | undefined => figure(rows, 'bytes', row, name)
  const [raw, clickhouse] = [bytes(TOTALS.columns, 'raw'), bytes(TOTALS.columns, 'clickhouse')]
  const [id, rawId] = [bytes('event_id', 'clickhouse'), bytes('event_id', 'raw')]
  const heap = figure(rows, 'capacity', 'heap', 'bytes')
  const [postgres, all] = [bytes(TOTALS.all, 'postgres'), bytes(TOTALS.all, 'clickhouse')]
  if (raw === undefined || clickhouse === undefined || id === undefined || rawId === undefined) return []
  const text = `the text's columns take ${times(raw / clickhouse)} less than their raw bytes, ${times((raw - rawId) / (clickhouse - id))} without event_id, whose random bytes nothing compresses`
  if (heap === undefined || postgres === undefined || all === undefined) return [{ claims: ['ANA-26'], text }]
  return [
    {
      claims: ['ANA-26'],
      text: `${text}; all of the table ${times(heap / all)} less than PostgreSQL's heap and ${times(postgres / all)} less than heap and indexes (claimed: ${SMALLER}x)`,
    },
  ]
}

function aboutHistory(rows: readonly ExperimentRow[]): readonly Finding[] {
  const about = (name: string): number | undefined => figure(rows, 'capacity', 'clickhouse', name)
  const [days, terabytes, bytes] = [about('meanDays'), about('terabytes'), about('bytes')]
  if (days === undefined || terabytes === undefined || bytes === undefined) return []
  return [
    {
      claims: ['ANA-02'],
      text: `at ${bytes.toFixed(1)} bytes a row 100 TB hold ${(days / 365).toFixed(1)} years of the mean rate; the 200B events of 200 days need ${terabytes.toFixed(1)} TB`,
    },
  ]
}

/** What the figures say of '100x faster', '10x smaller' and '100 TB'. */
export function findingsOf(rows: readonly ExperimentRow[]): readonly Finding[] {
  return [...aboutSpeed(rows), ...aboutBytes(rows), ...aboutHistory(rows)]
}
