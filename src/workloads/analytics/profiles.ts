import type { Profile } from '../../core/workload.ts'
import { peakEvents } from './model.ts'

/** The shapes of the analytics traffic. */
export const profiles: Readonly<Record<string, Profile>> = {
  steady: { description: 'the documented daily mean, evenly: 11,574 events a second at scale 1' },
  peak: {
    description: 'what ingestion is to reach: 100,000 events a second at scale 1',
    rates: { 'events.send': peakEvents },
  },
  ramp: {
    description: 'from a tenth of the peak to the peak and back',
    rates: { 'events.send': peakEvents },
    shape: [
      { at: 0, factor: 0.1 },
      { at: 0.4, factor: 1 },
      { at: 0.7, factor: 1 },
      { at: 1, factor: 0.1 },
    ],
  },
}
