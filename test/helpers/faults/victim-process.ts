// An application of the commerce case in a process of its own, to be killed: places orders, and stops at their points.
import { connectStores } from '../../../src/session/up.ts'
import { openFixed } from '../../../src/workloads/commerce/fixed/open.ts'
import { commerceStores } from '../../../src/workloads/commerce/stores.ts'
import { VICTIM } from './victim-names.ts'
import type { VictimNews, VictimOrder } from './victim-names.ts'
import { placeAt } from './victims.ts'

/** No other process of a test mints ids with it. */
const WORKER = 40

function tell(news: VictimNews): void {
  process.send?.(news)
}

async function stay(point: string): Promise<void> {
  tell({ point })
  await Promise.withResolvers<void>().promise
}

async function run({ endpoints, strategy, victims }: VictimOrder): Promise<void> {
  const options = { poolSize: victims.length, applicationName: VICTIM }
  const stores = commerceStores(await connectStores(endpoints, options), 'fixed')
  const { application } = await openFixed(stores, { checkout: strategy }, WORKER)
  await Promise.all(
    victims.map(async (victim) => {
      const placed = await placeAt(application, victim, stay)
      tell({ point: victim.point, placed })
    }),
  )
}

process.on('message', (order: VictimOrder) => {
  run(order).catch((error: unknown) => {
    console.error(error)
    process.exit(1)
  })
})
process.on('disconnect', () => process.exit())
