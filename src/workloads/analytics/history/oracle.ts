import type { StoredEvent } from './timeline.ts'

/** A row of an answer: by column, with 64-bit integers as decimal strings. */
export type AnswerRow = Readonly<Record<string, unknown>>

/** The events by what `key` says of them, in the order in which each came first. */
export function grouped(
  events: Iterable<StoredEvent>,
  key: (event: StoredEvent) => string,
): Map<string, StoredEvent[]> {
  const groups = new Map<string, StoredEvent[]>()
  for (const event of events) {
    const name = key(event)
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [event])
    else group.push(event)
  }
  return groups
}

/** The order of texts by their bytes, which is the database's. */
export function byText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}

/** The mean of what `value` says of events. Sums of integers below 2^53 are exact, so it is the database's. */
export function meanOf(events: readonly StoredEvent[], value: (event: StoredEvent) => number): number {
  return events.reduce((sum, event) => sum + value(event), 0) / events.length
}

/** How far a session came: the same as `windowFunnel`. @param steps event types, in their order */
export function funnelLevel(
  events: readonly StoredEvent[],
  steps: readonly string[],
  windowMs: number,
): number {
  const inOrder = events
    .map(({ timeMs, eventType }) => ({ timeMs, step: steps.indexOf(eventType) }))
    .filter(({ step }) => step >= 0)
    .toSorted((one, other) => one.timeMs - other.timeMs || one.step - other.step)
  // When the chain that has come to each step began.
  const begun: (number | undefined)[] = steps.map(() => undefined)
  for (const { timeMs, step } of inOrder) {
    const from = step === 0 ? timeMs : begun[step - 1]
    if (from !== undefined && timeMs <= from + windowMs) begun[step] = from
  }
  return begun.findLastIndex((from) => from !== undefined) + 1
}

/** The value at a share of sorted ones: the smallest that so many are not above. */
export function percentileOf(sorted: readonly number[], share: number): number {
  return sorted[Math.ceil(sorted.length * share) - 1] ?? 0
}
