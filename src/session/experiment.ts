import type { Experiment, ExperimentRow, Reading, Readings, RunningExperiment } from '../core/experiment.ts'

/** How much of an experiment is run. */
export interface ExperimentOptions {
  readonly clients: number
  readonly perClient: number
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
    columns.map(({ name, over }) => [
      name,
      readingOf(
        rounds.map((readings) => readings[name] ?? 0),
        over,
      ),
    ]),
  )
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
  const { clients, perClient, rounds, seed, signal } = options
  const total = experiment.patterns.length * experiment.rows.length * rounds
  const answers: ExperimentRow[] = []
  let done = 0
  for (const { name: pattern } of experiment.patterns) {
    const seen = new Map<string, Readings[]>(experiment.rows.map(({ name }) => [name, []]))
    for (let round = 0; round < rounds; round += 1) {
      const order = round % 2 === 0 ? experiment.rows : experiment.rows.toReversed()
      for (const { name: row } of order) {
        if (signal.aborted) break
        options.onTrial(done, total, pattern, row)
        const readings = await running.measure({ row, pattern, round, clients, perClient, seed, signal })
        // A trial that was broken off says nothing.
        if (!signal.aborted) seen.get(row)?.push(readings)
        done += 1
      }
    }
    for (const [row, all] of seen) {
      if (all.length > 0)
        answers.push({ row, pattern, rounds: all.length, readings: summarise(experiment.columns, all) })
    }
  }
  return answers
}
