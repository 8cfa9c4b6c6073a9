import type { Named } from '../../../../core/experiment.ts'

/** A way to keep averages by minute, and to ask for those of longer periods. Names and texts are constants of ours. */
export interface Rollup extends Named {
  readonly table: string
  /** The average of all rows of a group. */
  readonly average: string
}

/** The text's AVG first, then what is done about it. */
export const ROLLUPS: readonly Rollup[] = [
  {
    name: 'average',
    description: "the text's AVG by minute, and AVG of it again",
    table: 'averages',
    average: 'avg(duration)',
  },
  {
    name: 'added',
    description: 'the same in SummingMergeTree, which adds up rows of one minute',
    table: 'summed_averages',
    average: 'avg(duration)',
  },
  {
    name: 'weighted',
    description: 'AVG by minute, weighted by the events that it is of',
    table: 'averages',
    average: 'sum(duration * events) / sum(events)',
  },
  {
    name: 'sums',
    description: 'sum and count by minute',
    table: 'sums',
    average: 'sum(duration) / sum(events)',
  },
  {
    name: 'states',
    description: 'avgState by minute, merged: the fixed variant',
    table: 'states',
    average: 'avgMerge(duration)',
  },
]

/** Periods that dashboards ask for. */
export const PERIODS: Readonly<Record<string, string>> = {
  quarter: 'toStartOfFifteenMinutes',
  hour: 'toStartOfHour',
  day: 'toStartOfDay',
}
