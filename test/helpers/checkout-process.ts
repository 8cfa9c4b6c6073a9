// An application of the commerce case in a process of its own, to be killed: places one order, and dies at a fault point.
import { connectStores } from '../../src/session/up.ts'
import type { VariantName } from '../../src/core/names.ts'
import type { StoreEndpoint } from '../../src/core/store.ts'
import type { CommerceApplication, OrderRequest } from '../../src/workloads/commerce/application.ts'
import { workload } from '../../src/workloads/commerce/index.ts'
import { newContext } from './context.ts'

/** What the parent sends. */
export interface CheckoutOrder {
  readonly endpoints: readonly StoreEndpoint[]
  readonly variant: VariantName
  readonly request: OrderRequest
  /** A fault point of the application, or `answered`: after the order has been placed, before anybody hears of it. */
  readonly killAt: string
}

function die(): void {
  process.kill(process.pid, 'SIGKILL')
}

process.on('message', ({ endpoints, variant, request, killAt }: CheckoutOrder) => {
  const run = async (): Promise<void> => {
    const stores = await connectStores(endpoints, { poolSize: 4, applicationName: 'arch test checkout' })
    const { application } = await workload.variants[variant].open(stores, { seed: 1, size: 100 }, {})
    const context = { ...newContext(), faultPoint: (name: string) => (name === killAt ? die() : undefined) }
    await (application as CommerceApplication).placeOrder(request, context)
    if (killAt === 'answered') die()
  }
  run().catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`)
    process.exit(1)
  })
})
process.on('disconnect', () => process.exit())
