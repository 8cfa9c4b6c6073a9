import { HOUR_MS, DAY_MS } from '../../history/timeline.ts'

/** What the question is about: everything since so long before the newest event. */
export const SPANS: readonly { readonly name: string; readonly beforeMs: number }[] = [
  { name: 'minute', beforeMs: 60_000 },
  { name: 'hour', beforeMs: HOUR_MS },
  { name: 'day', beforeMs: DAY_MS },
]

/** The pattern of what the order costs. */
export const COST = 'cost'
