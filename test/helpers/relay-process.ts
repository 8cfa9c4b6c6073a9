// A relay in a process of its own, to be killed: starts on a message, dies at the fault points that it names.
import type { FlowEnd } from '../../src/core/operation.ts'
import type { StoreEndpoint } from '../../src/core/store.ts'
import { connectStores } from '../../src/session/up.ts'
import { startRelay } from '../../src/workloads/social/fixed/relay/relay.ts'

/** What the parent sends. */
export interface RelayOrder {
  readonly endpoints: readonly StoreEndpoint[]
  readonly killAt: readonly string[]
  /** At which visit of the fault point to die, from 1. */
  readonly visit: number
}

process.on('message', (order: RelayOrder) => {
  let left = order.visit
  const start = async (): Promise<void> => {
    const stores = await connectStores(order.endpoints, { poolSize: 2, applicationName: 'arch test relay' })
    await startRelay(
      stores,
      { seed: 1, size: 0 },
      { fanout: 'hybrid', counter: 'delta' },
      {
        flowEnds: (ends: readonly FlowEnd[]) => process.send?.(ends),
        signal: new AbortController().signal,
        witness: () => undefined,
        faultPoint(name) {
          if (!order.killAt.includes(name)) return
          left -= 1
          if (left <= 0) process.kill(process.pid, 'SIGKILL')
        },
      },
    )
  }
  const ready = (): unknown => process.send?.('ready')
  start().then(ready, (error: unknown) => {
    process.stderr.write(`${String(error)}\n`)
    process.exit(1)
  })
})
process.on('disconnect', () => process.exit())
