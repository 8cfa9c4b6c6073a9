import type { RunningApplication } from '../../../core/workload.ts'
import type { AnalyticsApplication } from '../application.ts'
import type { AnalyticsStores } from '../stores.ts'
import { EVENTS, SEEN, rowOf } from './events.ts'

const SLOTS = 64

/** The text's producer: each event is a message of its own, without a key. */
export function openAsWritten({ kafka }: AnalyticsStores): RunningApplication {
  const application: AnalyticsApplication = {
    async collect({ batch, body }, context) {
      const lines = body.toString().trimEnd().split('\n')
      const messages = lines.map((line, position) => ({
        key: undefined,
        value: rowOf(line),
        headers: { [SEEN.batch]: batch, [SEEN.position]: `${position}` },
      }))
      await kafka.produce(EVENTS, messages, context.cost)
    },
  }
  return { application, slots: SLOTS, ratios: () => ({}), close: () => Promise.resolve() }
}
