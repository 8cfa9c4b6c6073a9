import type { ExperimentRow, Finding } from '../../../../core/experiment.ts'
import { figure, times } from '../../../../patterns/experiments/figure.ts'
import { DASHBOARD_NAMES } from '../../model.ts'
import { PATTERN } from './pattern.ts'

/** What the figures say of rollups for dashboards. */
export function findingsOf(rows: readonly ExperimentRow[]): readonly Finding[] {
  const measured = DASHBOARD_NAMES.flatMap((name) => {
    const of = (what: string): number => figure(rows, PATTERN, name, what) ?? 0
    return of('rollupHot') === 0 ? [] : [{ name, of }]
  })
  if (measured.length === 0) return []
  const each = (tell: (of: (what: string) => number) => string): string =>
    measured.map(({ name, of }) => `${name} ${tell(of)}`).join(', ')
  return [
    {
      claims: ['ANA-15'],
      defects: ['A-17'],
      text: `asked of the events a dashboard takes longer than of rollups by: ${each((of) => times(of('ratio')))} (hot); it reads more rows by: ${each((of) => times(of('eventsRows') / of('rollupRows')))}`,
    },
    {
      claims: [],
      defects: ['A-20'],
      text: `cold a dashboard of rollups takes longer than hot by: ${each((of) => times(of('rollupCold') / of('rollupHot')))}`,
    },
  ]
}
