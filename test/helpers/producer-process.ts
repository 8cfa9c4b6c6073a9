// Senders of batches in a process of their own, to be killed: all batches at once, each until it is acknowledged.
import { connectStores } from '../../src/session/up.ts'
import { workload } from '../../src/workloads/analytics/index.ts'
import { bodyOf, batchNumber, sessionOfBatch } from './analytics.ts'
import type { AnalyticsApplication } from '../../src/workloads/analytics/application.ts'
import type { StoreEndpoint } from '../../src/core/store.ts'
import { newContext } from './context.ts'

/** What the parent sends: which batches of the test to send. */
export interface ProducerOrder {
  readonly endpoints: readonly StoreEndpoint[]
  readonly first: number
  readonly count: number
}

process.on('message', ({ endpoints, first, count }: ProducerOrder) => {
  const send = async (): Promise<void> => {
    const stores = await connectStores(endpoints, { poolSize: 4, applicationName: 'arch test producer' })
    const running = await workload.variants.fixed.open(stores, { seed: 1, size: 0 }, {})
    const application = running.application as AnalyticsApplication
    for (let index = first; index < first + count; index += 1) {
      const sent = { batch: `${batchNumber(index)}`, sessionId: sessionOfBatch(index), body: bodyOf(index) }
      await application.collect(sent, newContext())
      process.send?.(index)
    }
  }
  send().catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`)
    process.exit(1)
  })
})
process.on('disconnect', () => process.exit())
