import t from 'tap'
import { ANALYTICS_STORES, openAnalyticsCase } from '../helpers/analytics.ts'
import { startTestStores } from '../helpers/stores.ts'
import { ingestFaults, wrongAfter } from '../helpers/ingest-faults.ts'

// A group waits for a member that was killed, and its stores start again.
t.setTimeout(600_000)

const analytics = await openAnalyticsCase(await startTestStores(ANALYTICS_STORES))

for (const [index, fault] of ingestFaults.entries()) {
  t.test(`${fault.name}: every event is stored once, in the table and in the rollups`, async (t) => {
    const first = index * 100
    await fault.trial(analytics, first)
    t.same(await wrongAfter(analytics, fault, first), [])
  })
}
