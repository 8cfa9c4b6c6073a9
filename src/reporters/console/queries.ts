import type { QueryResult, QueryRunResult, QueryTargetResult, Result } from '../../core/result.ts'
import { formatDurationMs } from '../../core/units.ts'
import { milliseconds, quantity } from '../numbers.ts'
import { textTable } from '../table.ts'
import type { Column } from '../table.ts'
import type { Paint } from './paint.ts'

/** `max<5s ✓`, or why nothing is claimed. */
function targetLine(target: QueryTargetResult, rows: number): string {
  const { belowMs, ofRows, observedMs, extrapolated, decided, met } = target
  const bound = `max<${formatDurationMs(belowMs)}`
  if (!decided) {
    const why = rows < ofRows ? `needs ${quantity(ofRows)} rows` : `is of ${quantity(ofRows)} rows`
    return `${bound} ? (${why})`
  }
  const seen = `${milliseconds(observedMs ?? 0)} ms`
  const scaled = extrapolated
    ? ` (${seen} of ${quantity(ofRows)} rows, extrapolated)`
    : met
      ? ''
      : ` (${seen})`
  return `${bound} ${met ? '✓' : '✗'}${scaled}`
}

/** The better of the hot runs, as the protocol wants it shown. */
function bestHot({ hot }: QueryResult): QueryRunResult | undefined {
  return hot.toSorted((one, other) => one.clientMs - other.clientMs)[0]
}

/** The queries of a suite: cold, best of two hot, what was read for them, and what became of their targets. */
export function queryTable({ queries }: Result, columns: number, paint: Paint): string {
  if (queries === undefined) return ''
  const time = (run: QueryRunResult | null | undefined): string =>
    run === null || run === undefined ? '-' : milliseconds(run.clientMs)
  const read = (
    title: string,
    dispensable: number,
    pick: (run: QueryRunResult) => number,
  ): Column<QueryResult> => ({
    title,
    align: 'right',
    dispensable,
    cell: ({ cold }) => (cold === null ? '-' : quantity(pick(cold))),
  })
  const shape: Column<QueryResult>[] = [
    { title: 'query', align: 'left', dispensable: 0, cell: ({ name }) => name },
    { title: 'cold ms', align: 'right', dispensable: 0, cell: ({ cold }) => time(cold) },
    { title: 'hot ms', align: 'right', dispensable: 0, cell: (result) => time(bestHot(result)) },
    read('rows read', 2, ({ rowsRead }) => rowsRead),
    read('bytes read', 3, ({ bytesRead }) => bytesRead),
    {
      title: 'rows/s',
      align: 'right',
      dispensable: 4,
      cell(result) {
        const best = bestHot(result)
        return best === undefined ? '-' : quantity((best.rowsRead / best.clientMs) * 1_000)
      },
    },
    {
      title: 'granules',
      align: 'right',
      dispensable: 1,
      cell: ({ granules }) =>
        granules === null ? '-' : `${quantity(granules.read)} of ${quantity(granules.total)}`,
    },
    {
      title: 'target',
      align: 'left',
      dispensable: 0,
      cell: ({ targets, failure }) =>
        failure === null
          ? targets.map((target) => targetLine(target, queries.rows)).join('\n')
          : `✗ ${failure}`,
      paint: paint.mark,
    },
  ]
  return textTable(shape, queries.results, columns, paint.title)
}
