import t from 'tap'
import { KILLED, killOrders, openOrderFaults } from '../helpers/faults/orders.ts'
import { killSteps, STEP_POINTS } from '../helpers/faults/steps.ts'
import { startFaultStores } from '../helpers/faults/stores.ts'
import { isRight, lineOf, sumOf } from '../helpers/faults/tally.ts'
import { namedPoints } from '../helpers/faults/test-build.ts'
import { FUNCTION_POINTS } from '../helpers/faults/victims.ts'

// Stores are started, killed and started again, beside other tests.
t.setTimeout(600_000)
const started = await startFaultStores([])
t.teardown(() => started.close())

t.test('every point that functions of the database name is killed at', async (t) => {
  const ofOrders = FUNCTION_POINTS['conditional']?.map((point) => point.replace(/-\d+$/, '')) ?? []
  const killedAt = new Set([...ofOrders, ...STEP_POINTS])
  t.strictSame([...killedAt].sort(), [...new Set(await namedPoints())].sort())
})

for (const strategy of ['conditional', 'serializable', 'unit-rows', 'saga']) {
  t.test(
    `checkout=${strategy}: a kill -9 at any point of it leaves each order once, or not at all, and its key good for one`,
    async (t) => {
      const faults = await openOrderFaults(started, strategy)
      for (const killed of KILLED) {
        const tallies = await killOrders(faults, killed)
        for (const tally of tallies) t.ok(isRight(tally), [lineOf(tally), ...tally.violated].join('\n'))
        t.match(sumOf('', tallies), { refused: strategy === 'saga' && killed !== 'application' ? 1 : 0 })
        t.ok(tallies.some(({ acknowledged }) => acknowledged > 0))
      }
    },
  )
}

t.test(
  'a kill -9 of PostgreSQL in the midst of a payment or a cancellation leaves all of it or nothing',
  async (t) => {
    const faults = await openOrderFaults(started, 'conditional')
    for (const killed of ['sessions', 'server'] as const) {
      for (const tally of await killSteps(faults, killed))
        t.ok(isRight(tally), [lineOf(tally), ...tally.violated].join('\n'))
    }
  },
)
