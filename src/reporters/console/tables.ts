import type {
  CostResult,
  FlowResult,
  OperationResult,
  PartResult,
  Percentiles,
  Result,
  TargetResult,
} from '../../core/result.ts'
import { milliseconds, percent, quantity, whole } from '../numbers.ts'
import { textTable } from '../table.ts'
import type { Column } from '../table.ts'
import { targetLines } from './targets.ts'
import type { Paint } from './paint.ts'

interface LatencyRow {
  readonly name: string
  readonly rate: string
  readonly share: string
  readonly latency: Percentiles
  readonly errors: number | undefined
  readonly refused: number | undefined
  readonly targets: readonly TargetResult[]
}

function failures(operation: OperationResult): number {
  return operation.dropped + Object.values(operation.failed).reduce((sum, count) => sum + count, 0)
}

function partRow(part: PartResult, operation: OperationResult): LatencyRow {
  const share = operation.count === 0 ? '' : percent(part.count / operation.count)
  const blank = { rate: '', errors: undefined, refused: undefined }
  return { ...blank, name: `  ${part.name}`, share, latency: part.responseMs, targets: part.targets }
}

function operationRows(operation: OperationResult): LatencyRow[] {
  const row = {
    name: operation.name,
    rate: quantity(operation.rates.achieved),
    share: '',
    latency: operation.responseMs,
    errors: failures(operation),
    refused: operation.refused,
    targets: operation.targets,
  }
  return [row, ...operation.parts.map((part) => partRow(part, operation))]
}

/** A latency, or a dash where there was no sample. */
function latency(value: number, summary: Percentiles): string {
  return summary.count === 0 ? '-' : milliseconds(value)
}

function latencyColumns(paint: Paint): Column<LatencyRow>[] {
  const time = (
    title: string,
    dispensable: number,
    pick: (row: Percentiles) => number,
  ): Column<LatencyRow> => ({
    title,
    align: 'right',
    dispensable,
    cell: (row) => latency(pick(row.latency), row.latency),
  })
  const amount = (value: number | undefined): string => (value === undefined ? '' : whole(value))
  return [
    { title: 'operation (ms)', align: 'left', dispensable: 0, cell: (row) => row.name },
    { title: 'rate/s', align: 'right', dispensable: 1, cell: (row) => row.rate },
    { title: 'share', align: 'right', dispensable: 6, cell: (row) => row.share },
    time('p50', 3, (latency) => latency.p50),
    time('p90', 7, (latency) => latency.p90),
    time('p99', 0, (latency) => latency.p99),
    time('p99.9', 5, (latency) => latency.p999),
    time('max', 4, (latency) => latency.max),
    {
      title: 'errors',
      align: 'right',
      dispensable: 1,
      cell: (row) => amount(row.errors),
      paint: paint.alarmNumber,
    },
    { title: 'refused', align: 'right', dispensable: 6, cell: (row) => amount(row.refused) },
    {
      title: 'target',
      align: 'left',
      dispensable: 0,
      cell: (row) => targetLines(row.targets),
      paint: paint.mark,
    },
  ]
}

/** Operations and their parts: rates, response time in milliseconds, errors, targets. */
export function operationTable(result: Result, columns: number, paint: Paint): string {
  return textTable(latencyColumns(paint), result.operations.flatMap(operationRows), columns, paint.title)
}

/** Flows: ends, and time from the operation's intended start to each of them. */
export function flowTable(result: Result, columns: number, paint: Paint): string {
  const number = (
    title: string,
    dispensable: number,
    pick: (flow: FlowResult) => string,
  ): Column<FlowResult> => ({
    title,
    align: 'right',
    dispensable,
    cell: pick,
  })
  const shape: Column<FlowResult>[] = [
    { title: 'flow (ms)', align: 'left', dispensable: 0, cell: (flow) => flow.name },
    number('expected', 4, (flow) => whole(flow.expected)),
    number('completed', 2, (flow) => whole(flow.completed)),
    { ...number('missing', 1, (flow) => whole(flow.missing)), paint: paint.alarmNumber },
    { ...number('doubled', 1, (flow) => whole(flow.doubled)), paint: paint.alarmNumber },
    number('p50', 3, ({ latencyMs }) => latency(latencyMs.p50, latencyMs)),
    number('p99', 0, ({ latencyMs }) => latency(latencyMs.p99, latencyMs)),
    number('max', 4, ({ latencyMs }) => latency(latencyMs.max, latencyMs)),
    {
      title: 'target',
      align: 'left',
      dispensable: 0,
      cell: (flow) => targetLines(flow.targets),
      paint: paint.mark,
    },
  ]
  return textTable(shape, result.flows, columns, paint.title)
}

interface CostRow {
  readonly name: string
  readonly cost: CostResult
  /** Milliseconds for which the operation held connections; of the whole operation only. */
  readonly held?: OperationResult['connectionHoldMs']
}

function costRows(operation: OperationResult): CostRow[] {
  const own =
    operation.cost === null
      ? []
      : [{ name: operation.name, cost: operation.cost, held: operation.connectionHoldMs }]
  const parts = operation.parts.flatMap((part) =>
    part.cost === null ? [] : [{ name: `  ${part.name}`, cost: part.cost }],
  )
  return [...own, ...parts]
}

/** What one operation asks of the stores, on average. */
export function costTable(result: Result, columns: number, paint: Paint): string {
  const rows = result.operations.flatMap(costRows)
  const stores = [...new Set(rows.flatMap((row) => Object.keys(row.cost.roundTripsByStore)))].toSorted()
  const number = (
    title: string,
    dispensable: number,
    pick: (cost: CostResult) => number,
  ): Column<CostRow> => ({
    title,
    align: 'right',
    dispensable,
    cell: (row) => quantity(pick(row.cost)),
  })
  const shape: Column<CostRow>[] = [
    { title: 'cost of one', align: 'left', dispensable: 0, cell: (row) => row.name },
    number('round trips', 0, (cost) => cost.roundTrips),
    ...stores.map((store) => number(store, 2, (cost) => cost.roundTripsByStore[store] ?? 0)),
    number('statements', 3, (cost) => cost.statements),
    number('rows', 4, (cost) => cost.rows),
    number('bytes', 5, (cost) => cost.bytes),
    {
      title: 'held p99 ms',
      align: 'right',
      dispensable: 1,
      cell: ({ held }) => (held === undefined ? '' : latency(held.p99, held)),
    },
  ]
  return textTable(shape, rows, columns, paint.title)
}
