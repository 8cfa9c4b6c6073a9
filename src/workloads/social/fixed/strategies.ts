import type { Strategy } from '../../../core/strategy.ts'

/** What can be switched in the fixed variant. */
export const fixedStrategies: Readonly<Record<string, Strategy>> = {
  fanout: {
    description:
      'push to every follower, pull at every read, or push below 1,000 followers and merge the rest (SOC-79)',
    values: ['hybrid', 'push', 'pull'],
    default: 'hybrid',
  },
  counter: {
    description:
      'likes of a post: added up from the outbox, in 32 slots of a row each, or in one row (S-13, SOC-80)',
    values: ['delta', 'slots', 'row'],
    default: 'delta',
  },
}
