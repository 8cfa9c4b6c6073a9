import type { Audit } from '../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import { addressOf } from '../population.ts'
import { messagingStores } from '../stores.ts'
import { allRows } from '../rows.ts'

const DEVICES = { text: 'SELECT user_id, device_id FROM devices', idempotent: true } as const
const QUEUED = { text: 'SELECT user_id, device_id, entry FROM device_queue', idempotent: true } as const
const NAMED = { text: 'SELECT user_id, device_id FROM device_queue_names', idempotent: true } as const
const KEYS = { text: 'SELECT user_id, device_id FROM waiting_keys', idempotent: true } as const
/** Queues that are asked about in one round trip. */
const TOGETHER = 500

interface DeviceRow {
  readonly user_id: bigint
  readonly device_id: number
}

/** When all devices are back, nothing waits for any of them: not in Redis, and not in the store (M-08, MSG-06). */
export const queuesEmpty: Audit = {
  name: 'queues.empty',
  claims: ['MSG-06', 'MSG-26'],
  defects: ['M-08'],
  async run({ stores }) {
    const { cassandra, redis } = messagingStores(stores, 'fixed')
    const addresses: string[] = []
    for await (const row of allRows<DeviceRow>(cassandra, DEVICES))
      addresses.push(addressOf({ user: row.user_id, device: row.device_id }))
    const findings = newFindings()
    for (let from = 0; from < addresses.length; from += TOGETHER) {
      const some = addresses.slice(from, from + TOGETHER)
      const sizes = await redis.wave(some.map((address) => ['zcard', `queue:${address}`]))
      for (const [index, size] of sizes.entries()) {
        findings.checked += 1
        if (Number(size) > 0) addViolation(findings, `${Number(size)} entries wait for ${some[index]}`)
      }
    }
    for await (const row of allRows<DeviceRow>(cassandra, QUEUED))
      addViolation(findings, `an entry for ${row.user_id}:${row.device_id} is left in the store`)
    for await (const row of allRows<DeviceRow>(cassandra, NAMED))
      addViolation(findings, `the name of an entry for ${row.user_id}:${row.device_id} is left in the store`)
    for await (const row of allRows<DeviceRow>(cassandra, KEYS))
      addViolation(findings, `a key for ${row.user_id}:${row.device_id} is left in the store`)
    return outcomeOf(findings)
  },
}
