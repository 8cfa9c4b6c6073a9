import type { ExperimentRow } from '../../core/experiment.ts'

/** The median of a figure; undefined where an interruption left none. */
export function figure(
  rows: readonly ExperimentRow[],
  pattern: string,
  row: string,
  name: string,
): number | undefined {
  return rows.find((each) => each.pattern === pattern && each.row === row)?.readings[name]?.median
}

/** `12,346`: rounded to a whole number. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

/** `9.5x`, to three digits. */
export function times(value: number): string {
  return `${Number(value.toPrecision(3))}x`
}
