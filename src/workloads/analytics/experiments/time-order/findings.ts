import type { ExperimentRow, Finding } from '../../../../core/experiment.ts'
import { figure, times, whole } from '../../../../patterns/experiments/figure.ts'
import { COST, SPANS } from './patterns.ts'

/** What the figures say of a second order by time. */
export function findingsOf(rows: readonly ExperimentRow[]): readonly Finding[] {
  const added = ['projection', 'offsets'].flatMap((design) => {
    const spans = SPANS.flatMap(({ name }) => {
      const [third, other] = [figure(rows, name, 'third', 'rows'), figure(rows, name, design, 'rows')]
      const [slow, fast] = [figure(rows, name, 'third', 'ms'), figure(rows, name, design, 'ms')]
      return third === undefined || other === undefined || slow === undefined || fast === undefined
        ? []
        : [
            `the last ${name} takes ${times(fast / slow)} the time and ${whole(other)} rows read instead of ${whole(third)}`,
          ]
    })
    const of = (row: string, name: string): number | undefined => figure(rows, COST, row, name)
    const [rate, base] = [of(design, 'insert'), of('third', 'insert')]
    const [bytes, plain] = [of(design, 'bytes'), of('third', 'bytes')]
    if (spans.length === 0 || rate === undefined || base === undefined || !bytes || !plain) return []
    return [
      `with ${design} ${spans.join(', ')}; ${times(rate / base)} the rows are stored a second, ${times(bytes / plain)} the bytes kept`,
    ]
  })
  return added.map((text) => ({ claims: ['ANA-21'], defects: ['A-05'], text }))
}
