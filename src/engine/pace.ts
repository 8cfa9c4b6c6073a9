import type { Pace } from '../core/operation.ts'
import type { ShapePoint } from '../core/workload.ts'
import type { SchedulePlan } from './schedule.ts'
import { shapeArea } from './shape.ts'

/** The part of a shape before `at`, stretched over a whole window: its area times `at` is the cumulative factor. */
function shapeBefore(shape: readonly ShapePoint[], at: number): readonly ShapePoint[] {
  const before = shape.filter((point) => point.at < at)
  const last = before.at(-1)
  const next = shape.find((point) => point.at >= at)
  const from = last ?? next
  const to = next ?? last
  if (from === undefined || to === undefined) return []
  const share = to.at > from.at ? (at - from.at) / (to.at - from.at) : 0
  const end = { at, factor: from.factor + (to.factor - from.factor) * share }
  return [...before, end].map((point) => ({ at: point.at / at, factor: point.factor }))
}

/** How far each operation's mix is expected to be at a time, by the plan alone: the same for every worker. */
export function paceOf(plan: SchedulePlan): Pace {
  return {
    lengthMicros(phase) {
      return (plan.phases.find((candidate) => candidate.phase === phase)?.seconds ?? 0) * 1e6
    },
    expected(operation, phase, offsetMicros) {
      const planned = plan.phases.find((candidate) => candidate.phase === phase)
      const stream = planned?.streams.find((each) => each.operation === operation && each.stream === 'mix')
      if (planned === undefined || stream === undefined) return 0
      const share = Math.min(1, Math.max(0, offsetMicros / (planned.seconds * 1e6)))
      if (share === 0) return 0
      const area = stream.shape === undefined ? 1 : shapeArea(shapeBefore(stream.shape, share))
      return stream.perSecond * planned.seconds * share * area
    },
  }
}
