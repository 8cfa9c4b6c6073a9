import { derived, perSecond } from '../../core/model.ts'
import type { Flow } from '../../core/operation.ts'
import { rates } from './model.ts'

/** The flow that a post begins: the feeds of its author's followers. */
export const FEED_FANOUT = 'feed.fanout'

/** The documented mean of follows (A.6 takes 200 a author; the seed has 50) times the active share of SOC-02. */
const WARM_FOLLOWERS = 50 * 0.2

/** The flows of the social case: a post reaches every warm feed of its author's followers (SOC-59, SOC-63). */
export const flows: readonly Flow[] = [
  {
    name: FEED_FANOUT,
    claims: ['SOC-59', 'SOC-63'],
    targets: [{ percentile: 99, belowMs: 1_000 }],
    rate: derived(
      perSecond(rates['post.create']) * WARM_FOLLOWERS,
      'per second',
      'posts (SOC-03) x 50 seeded followers in the mean x 20 % of them with a warm feed (SOC-02)',
    ),
  },
]
