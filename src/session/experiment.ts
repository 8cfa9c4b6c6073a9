import type {
  Experiment,
  ExperimentRow,
  Pattern,
  Reading,
  Readings,
  RunningExperiment,
} from '../core/experiment.ts'

/** How much of an experiment is run. */
export interface ExperimentOptions {
  /** Absent where the experiment has no closed loop. */
  readonly clients?: number
  readonly perClient?: number
  readonly rounds: number
  readonly seed: number
  readonly signal: AbortSignal
  /** Called before each trial; `done` counts those that have ended. */
  readonly onTrial: (done: number, total: number, pattern: string, row: string) => void
}

function readingOf(values: readonly number[], over: Experiment['columns'][number]['over']): Reading {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? 0
  const median = sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2
  const total = values.reduce((sum, value) => sum + value, 0)
  return { median: over === 'total' ? total : median, lowest: sorted[0] ?? 0, highest: sorted.at(-1) ?? 0 }
}

/** The medians or totals over the rounds of a row, and how far they spread. */
function summarise(columns: Experiment['columns'], rounds: readonly Readings[]): ExperimentRow['readings'] {
  return Object.fromEntries(
    columns.flatMap(({ name, over }) => {
      const values = rounds.map((readings) => readings[name]).filter((value) => value !== undefined)
      return values.length === 0 ? [] : [[name, readingOf(values, over)]]
    }),
  )
}

/** What one pattern measures, with what it shares with the others filled in. */
function plansOf(
  experiment: Experiment,
  rounds: number,
): readonly (Required<Pattern> & { rounds: number })[] {
  const { rows, columns } = experiment
  return experiment.patterns.map((pattern) => {
    const once = pattern.once ?? false
    return { rows, columns, ...pattern, once, rounds: once ? 1 : rounds }
  })
}

/**
 * Measures every row under every pattern, round after round: the rows in their order, then backwards, so that what makes
 * the machine slower or faster over time meets all of them (design.md, law 8). An interruption ends it after the trial that
 * is running; rows without a finished trial are left out.
 */
export async function runExperiment(
  experiment: Experiment,
  running: RunningExperiment,
  options: ExperimentOptions,
): Promise<readonly ExperimentRow[]> {
  const { clients = 1, perClient = 1, rounds: asked, seed, signal } = options
  const plans = plansOf(experiment, asked)
  const total = plans.reduce((sum, { rows, rounds }) => sum + rows.length * rounds, 0)
  const answers: ExperimentRow[] = []
  let done = 0
  for (const { name: pattern, rows, columns, rounds } of plans) {
    const seen = new Map<string, Readings[]>(rows.map(({ name }) => [name, []]))
    for (let round = 0; round < rounds; round += 1) {
      const order = round % 2 === 0 ? rows : rows.toReversed()
      for (const { name: row } of order) {
        if (signal.aborted) break
        options.onTrial(done, total, pattern, row)
        const trial = { row, pattern, round, clients, perClient, seed, signal }
        const readings = await running.measure(trial).catch((error: unknown) => {
          if (signal.aborted) return undefined
          throw error
        })
        // A trial that was broken off says nothing.
        if (!signal.aborted && readings !== undefined) seen.get(row)?.push(readings)
        done += 1
      }
    }
    for (const [row, all] of seen) {
      if (all.length > 0)
        answers.push({ row, pattern, rounds: all.length, readings: summarise(columns, all) })
    }
  }
  return answers
}
