import type { ExperimentRow, Finding } from '../../../../core/experiment.ts'
import { perSecond } from '../../../../core/model.ts'
import { whole } from '../../../../patterns/experiments/figure.ts'
import { peakEvents, rates } from '../../model.ts'

/** The rows of a store, from the smallest inserts to the largest. */
function ofStore(rows: readonly ExperimentRow[], pattern: string): readonly ExperimentRow[] {
  return rows.filter((row) => row.pattern === pattern)
}

function rateOf(row: ExperimentRow | undefined): number {
  return row?.readings['perSecond']?.median ?? 0
}

/** From how many rows an insert on a rate is reached. */
function reached(rows: readonly ExperimentRow[], rate: number): string {
  const first = rows.find((row) => rateOf(row) >= rate)
  return first === undefined ? 'at no size' : `from ${first.row} rows an insert on`
}

function aboutStore(rows: readonly ExperimentRow[], name: string): readonly Finding[] {
  const [first, last] = [rows[0], rows.at(-1)]
  if (first === undefined || last === undefined) return []
  const [mean, peak] = [perSecond(rates['events.send']), perSecond(peakEvents)]
  return [
    {
      claims: ['ANA-27'],
      text: `${name} takes ${whole(rateOf(first))} rows/s at ${first.row} an insert, ${whole(rateOf(last))} at ${last.row}; ${whole(mean)} a second (ANA-01) ${reached(rows, mean)}, ${whole(peak)} (ANA-07) ${reached(rows, peak)}`,
    },
  ]
}

function aboutParts(rows: readonly ExperimentRow[]): readonly Finding[] {
  const made = rows.reduce((sum, { readings }) => sum + (readings['made']?.median ?? 0), 0)
  const inserts = rows.reduce((sum, { readings }) => sum + (readings['inserts']?.median ?? 0), 0)
  if (inserts === 0) return []
  return [
    {
      claims: ['ANA-27'],
      defects: ['A-02'],
      text: `an insert makes ${(made / inserts).toFixed(2)} parts, however small it is`,
    },
  ]
}

/** What the figures say of 'designed for high ingestion rates'. */
export function findingsOf(rows: readonly ExperimentRow[]): readonly Finding[] {
  return [
    ...aboutStore(ofStore(rows, 'clickhouse'), 'ClickHouse'),
    ...aboutParts(ofStore(rows, 'clickhouse')),
    ...aboutStore(ofStore(rows, 'postgres'), 'PostgreSQL without indexes'),
    ...aboutStore(ofStore(rows, 'indexed'), 'PostgreSQL with indexes'),
  ]
}
