import t from 'tap'
import { closeEventFaults, killConsumers, openEventFaults } from '../helpers/faults/events.ts'
import { startFaultStores } from '../helpers/faults/stores.ts'
import { isRight, lineOf } from '../helpers/faults/tally.ts'

// Stores are started, killed and started again, beside other tests.
t.setTimeout(600_000)
const started = await startFaultStores(['kafka'])
const faults = await openEventFaults(started)
t.teardown(async () => {
  await closeEventFaults(faults)
  await started.close()
})

t.test('consumers killed before and after their effects bring about each effect once (ECM-74)', async (t) => {
  const tally = await killConsumers(faults)
  t.ok(isRight(tally), [lineOf(tally), ...tally.violated].join('\n'))
  t.ok(tally.acknowledged > 0)
})
