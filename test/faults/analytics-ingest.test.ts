import t from 'tap'
import { openAnalyticsCase } from '../helpers/analytics.ts'
import { ingestFaults, wrongAfter } from '../helpers/ingest-faults.ts'

const analytics = await openAnalyticsCase()

for (const [index, { name, trial }] of ingestFaults.entries()) {
  t.test(`${name}: every event is stored once, in the table and in the rollup`, async (t) => {
    const first = index * 100
    await trial(analytics, first)
    t.same(await wrongAfter(analytics, first), [])
  })
}
