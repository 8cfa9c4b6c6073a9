import type { Profile } from '../../core/workload.ts'

/** Likes a second on the one hot post of profile `viral`, at any scale (SOC-80, S-13). */
const VIRAL_LIKES = 2_000

/** The shapes of the social traffic. */
export const profiles: Readonly<Record<string, Profile>> = {
  steady: { description: 'the documented daily mean, evenly' },
  viral: {
    description: `steady, and one post takes ${VIRAL_LIKES} likes a second`,
    surge: { 'like.add': VIRAL_LIKES },
  },
  ramp: {
    description: 'from a tenth of the rate to twice the rate',
    shape: [
      { at: 0, factor: 0.1 },
      { at: 1, factor: 2 },
    ],
  },
  burst: {
    description: 'steady, with four times the rate for a tenth of the window in its middle',
    shape: [
      { at: 0, factor: 1 },
      { at: 0.45, factor: 1 },
      { at: 0.45, factor: 4 },
      { at: 0.55, factor: 4 },
      { at: 0.55, factor: 1 },
      { at: 1, factor: 1 },
    ],
  },
}
