import type { ShapePoint } from '../core/workload.ts'

/** One stretch of a shape over which the factor changes linearly. `area` is the cumulative factor before it. */
interface Segment {
  readonly at: number
  readonly factor: number
  readonly slope: number
  readonly area: number
  readonly areaAfter: number
}

function segmentsOf(shape: readonly ShapePoint[]): Segment[] {
  const first = shape[0]
  const last = shape[shape.length - 1]
  if (first === undefined || last === undefined) return []
  const points = [{ at: 0, factor: first.factor }, ...shape, { at: 1, factor: last.factor }]
  const segments: Segment[] = []
  let area = 0
  for (let index = 1; index < points.length; index += 1) {
    const from = points[index - 1] ?? first
    const to = points[index] ?? last
    const length = to.at - from.at
    if (length <= 0) continue
    const areaAfter = area + ((from.factor + to.factor) / 2) * length
    segments.push({
      at: from.at,
      factor: from.factor,
      slope: (to.factor - from.factor) / length,
      area,
      areaAfter,
    })
    area = areaAfter
  }
  return segments
}

/** The mean factor of a shape over its window: 1 when there is no shape. */
export function shapeArea(shape: readonly ShapePoint[] | undefined): number {
  return shape === undefined ? 1 : (segmentsOf(shape).at(-1)?.areaAfter ?? 1)
}

/**
 * The inverse of the cumulative rate: maps a share of the arrivals, in [0, 1], to the share of the window at which the
 * cumulative rate reaches it. Shares must not fall between calls: the function walks the segments once.
 */
export function shapeInverse(shape: readonly ShapePoint[]): (share: number) => number {
  const segments = segmentsOf(shape)
  const total = segments.at(-1)?.areaAfter ?? 1
  let current = 0
  return (share) => {
    const goal = share * total
    while (current < segments.length - 1 && (segments[current]?.areaAfter ?? 0) < goal) current += 1
    const segment = segments[current]
    if (segment === undefined) return share
    const rest = Math.max(0, goal - segment.area)
    if (rest === 0) return segment.at
    // The root of factor x + slope x^2 / 2 = rest, in the form that does not cancel.
    const root = Math.sqrt(Math.max(0, segment.factor ** 2 + 2 * segment.slope * rest))
    return segment.at + (2 * rest) / (segment.factor + root)
  }
}
