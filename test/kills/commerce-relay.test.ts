import t from 'tap'
import {
  closeEventFaults,
  killRelay,
  killStore,
  openEventFaults,
  RELAY_POINTS,
} from '../helpers/faults/events.ts'
import { startFaultStores } from '../helpers/faults/stores.ts'
import { isRight, lineOf } from '../helpers/faults/tally.ts'
import type { Tally } from '../helpers/faults/tally.ts'

// Stores are started, killed and started again, beside other tests.
t.setTimeout(600_000)
const started = await startFaultStores(['kafka'])
const faults = await openEventFaults(started)
t.teardown(async () => {
  await closeEventFaults(faults)
  await started.close()
})

function holds(test: Pick<typeof t, 'ok'>, tally: Tally): void {
  test.ok(isRight(tally), [lineOf(tally), ...tally.violated].join('\n'))
  test.ok(tally.acknowledged > 0)
}

for (const point of RELAY_POINTS) {
  t.test(`a relay killed at ${point} loses no event and doubles no effect (E-19, ECM-74)`, async (t) =>
    holds(t, await killRelay(faults, point)),
  )
}

t.test(
  'a kill -9 of kafka under orders loses none that was acknowledged, and no effect of it; what expires meanwhile is freed without it',
  async (t) => holds(t, await killStore(faults, 'kafka')),
)

t.test(
  'a kill -9 of postgres under orders loses none that was acknowledged, and no effect of it',
  async (t) => holds(t, await killStore(faults, 'postgres')),
)
