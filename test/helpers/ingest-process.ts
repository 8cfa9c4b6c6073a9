// Ingestion, or another role, in a process of its own, to be killed: starts on a message, dies at a fault point.
import { connectStores } from '../../src/session/up.ts'
import { workload } from '../../src/workloads/analytics/index.ts'
import type { IngestOrder } from './analytics.ts'
import { roleHost } from './context.ts'

process.on('message', (order: IngestOrder) => {
  let left = order.visit
  const start = async (): Promise<void> => {
    const stores = await connectStores(order.endpoints, { poolSize: 4, applicationName: 'arch test ingest' })
    const begin = workload.variants.fixed.roles[order.role]
    if (begin === undefined) throw new Error(`no role ${order.role}`)
    await begin(
      stores,
      { seed: 1, size: 0 },
      order.choice,
      roleHost({
        faultPoint(name) {
          if (name !== order.killAt) return
          left -= 1
          if (left <= 0) process.kill(process.pid, 'SIGKILL')
        },
      }),
    )
  }
  start().catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`)
    process.exit(1)
  })
})
process.on('disconnect', () => process.exit())
