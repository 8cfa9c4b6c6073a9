import type { ExperimentRow, Finding } from '../../../../core/experiment.ts'
import { perSecond } from '../../../../core/model.ts'
import { whole } from '../../../../patterns/experiments/figure.ts'
import { rates } from '../../model.ts'

/** A message is to be at its reader's within it (MSG-04), and its write is a part of that. */
const BOUND_MS = 100

/** A table's part of a row. */
interface Step {
  readonly rate: number
  readonly achieved: number
  readonly missed: number
  /** Absent where too many were never done. */
  readonly p99: number | undefined
}

/** The steps of one table, as far as they were measured. */
function stepsOf(rows: readonly ExperimentRow[], name: (column: string) => string): readonly Step[] {
  return rows.flatMap(({ readings }) => {
    const of = (column: string): number | undefined => readings[column]?.median
    const achieved = of(name('achieved'))
    if (achieved === undefined) return []
    return [{ rate: of('rate') ?? 0, achieved, missed: of(name('missed')) ?? 0, p99: of(name('p99')) }]
  })
}

/** Whether a rate was held: p99 is over all that was to come, from the moment at which it was. */
function isHeld({ missed, p99 }: Step): boolean {
  return missed === 0 && p99 !== undefined && p99 < BOUND_MS
}

function p99Of({ p99 }: Step): string {
  return p99 === undefined ? 'beyond 5 s' : `${Number(p99.toPrecision(3))} ms`
}

function aboutTable(name: string, steps: readonly Step[]): readonly Finding[] {
  const [lowest] = steps
  if (lowest === undefined) return []
  const end = steps.findIndex((step) => !isHeld(step))
  const held = end < 0 ? steps.at(-1) : steps[end - 1]
  const broken = end < 0 ? undefined : steps[end]
  const kept =
    held === undefined
      ? 'no rate is held'
      : `p99 of a write is ${p99Of(lowest)} at ${whole(lowest.rate)} a second${held === lowest ? '' : `, ${p99Of(held)} at ${whole(held.rate)}`}`
  const stops =
    broken === undefined
      ? 'every rate that was offered is held'
      : `at ${whole(broken.rate)} it stops: ${whole(broken.achieved)} achieved, p99 ${p99Of(broken)}`
  return [{ claims: ['MSG-19'], text: `${name}: ${kept}; ${stops}` }]
}

/** What the figures say of 'suited to time-series writes'. */
export function findingsOf(rows: readonly ExperimentRow[]): readonly Finding[] {
  const [first] = rows
  if (first === undefined) return []
  return [
    ...aboutTable(
      'messages by bucket',
      stepsOf(rows, (column) => column),
    ),
    ...aboutTable(
      'the text’s table',
      stepsOf(rows, (column) => `text${column.charAt(0).toUpperCase()}${column.slice(1)}`),
    ),
    {
      claims: ['MSG-19', 'MSG-02'],
      text: `held is a rate of which nothing is missed and p99 lies below ${BOUND_MS} ms (MSG-04), on ${whole(first.readings['cores']?.median ?? 0)} cores that the store shares with who writes and whatever else runs; the text's mean is ${whole(perSecond(rates['message.send']))} messages a second (MSG-02)`,
    },
  ]
}
