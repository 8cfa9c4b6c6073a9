/** What faults under messages have come to, over all rounds of a case. */
export interface MessageTally {
  readonly name: string
  /** Faults that came while what they were to hit was under way. */
  times: number
  /** Those that came too late for it. */
  late: number
  acknowledged: number
  /** Messages that nobody knows to have been taken: each may be there once, or not. */
  unknown: number
  /** Acknowledged ones that a device has not shown, and those that it showed more than once: none. */
  lost: number
  doubled: number
  /** What was else not as it should be, a line each: nothing. */
  readonly violated: string[]
}

export function newMessageTally(name: string): MessageTally {
  return { name, times: 0, late: 0, acknowledged: 0, unknown: 0, lost: 0, doubled: 0, violated: [] }
}

/** What was lost, doubled or violated, a line each: nothing. */
export function harmOf({ lost, doubled, violated }: MessageTally): readonly string[] {
  const counts = [...(lost === 0 ? [] : [`${lost} lost`]), ...(doubled === 0 ? [] : [`${doubled} doubled`])]
  return [...counts, ...violated]
}

/** Several tallies as one. */
export function sumOfMessages(name: string, tallies: readonly MessageTally[]): MessageTally {
  const sum = newMessageTally(name)
  for (const tally of tallies) {
    for (const count of ['times', 'late', 'acknowledged', 'unknown', 'lost', 'doubled'] as const)
      sum[count] += tally[count]
    sum.violated.push(...tally.violated)
  }
  return sum
}

/** A tally as a line. */
export function messageLineOf(tally: MessageTally): string {
  const { name, times, late, acknowledged, unknown, lost, doubled, violated } = tally
  const tooLate = late === 0 ? '' : ` (${late} more came too late)`
  return `${name}: ${times} times${tooLate}, ${acknowledged} messages acknowledged, ${unknown} without an answer, ${lost} lost, ${doubled} doubled, ${violated.length} violations`
}

/** What a device should have shown, and what it has. */
export interface Showing {
  readonly device: string
  /** Keys of what was acknowledged, in the order of the conversation. */
  readonly expected: readonly string[]
  readonly unknown: ReadonlySet<string>
  readonly shown: readonly string[]
}

/** Counts what a device has shown: each acknowledged message once, in order, and nothing that nobody sent. */
export function countShown(tally: MessageTally, { device, expected, unknown, shown }: Showing): void {
  const there = new Set(shown)
  const known = new Set(expected)
  const lost = expected.filter((key) => !there.has(key)).length
  const doubled = shown.length - there.size
  tally.lost += lost
  for (const [index, key] of expected.entries())
    if (!there.has(key))
      tally.violated.push(`${device} has not shown ${key}, number ${index} of ${expected.length}`)
  tally.doubled += doubled
  const strange = [...there].filter((key) => !known.has(key) && !unknown.has(key)).length
  if (strange > 0) tally.violated.push(`${device} has shown ${strange} messages that nobody sent`)
  const ordered = shown.filter((key) => known.has(key))
  if (lost === 0 && doubled === 0 && ordered.some((key, index) => key !== expected[index]))
    tally.violated.push(`${device} has shown messages in another order than the conversation's`)
}
