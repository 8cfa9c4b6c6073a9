import type { Profile } from '../../core/workload.ts'

/** The shapes of the messaging traffic. */
export const profiles: Readonly<Record<string, Profile>> = {
  steady: { description: 'the documented daily mean, evenly: 1,157,407 messages a second at scale 1' },
  ramp: {
    description: 'from a tenth of the mean to twice as much, and back',
    shape: [
      { at: 0, factor: 0.1 },
      { at: 0.4, factor: 2 },
      { at: 0.7, factor: 2 },
      { at: 1, factor: 0.1 },
    ],
  },
}
