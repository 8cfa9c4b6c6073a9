import type { ExperimentRow, Finding } from '../../../../core/experiment.ts'
import { figure } from '../../../../patterns/experiments/figure.ts'
import { PERIODS, ROLLUPS } from './designs.ts'

const percent = (value: number): string => `${Number(value.toPrecision(3))} %`

/** What the figures say of each way to keep averages: how many are wrong in which periods, and the largest error. */
export function findingsOf(rows: readonly ExperimentRow[]): readonly Finding[] {
  return ROLLUPS.flatMap(({ name, description }) => {
    const of = (period: string, what: string): number => figure(rows, period, name, what) ?? 0
    const measured = Object.keys(PERIODS).filter((period) => of(period, 'averages') > 0)
    if (measured.length === 0) return []
    const wrong = measured
      .map((period) => `${of(period, 'wrong')} of ${of(period, 'averages')} by ${period}`)
      .join(', ')
    const largest = Math.max(...measured.map((period) => of(period, 'largest')))
    const isRight = measured.every((period) => of(period, 'wrong') === 0)
    const text = isRight
      ? `${name} (${description}): none is wrong`
      : `${name} (${description}): wrong are ${wrong}, by up to ${percent(largest)}`
    return [{ claims: [], defects: ['A-22'], text }]
  })
}
