import type { Audit } from '../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import type { CassandraClient } from '../../../stores/cassandra/client.ts'
import type { RedisClient } from '../../../stores/redis/client.ts'
import { messagingStores } from '../stores.ts'
import { allRows } from '../rows.ts'
import { redisKeys } from './redis-keys.ts'

/** Tables that are about a user; what a user said stays with those to whom it was said. */
const ABOUT = [
  'users',
  'devices',
  'key_packages',
  'waiting_keys',
  'inbox',
  'watermarks',
  'receipts',
  'device_queue',
  'device_queue_names',
  'device_queue_buckets',
] as const

async function usersIn(cassandra: CassandraClient, table: string): Promise<ReadonlySet<bigint>> {
  const users = new Set<bigint>()
  const statement = { text: `SELECT user_id FROM ${table}`, idempotent: true }
  for await (const row of allRows<{ readonly user_id: bigint }>(cassandra, statement)) users.add(row.user_id)
  return users
}

/** What Redis has of a device, whose name begins with its user's. */
const OF_A_DEVICE = /^(?:queue|position|built|route):(\d+):/

/** The keys that Redis has of devices, by their user. */
async function keysOfUsers(redis: RedisClient): Promise<ReadonlyMap<bigint, string>> {
  const users = new Map<bigint, string>()
  for await (const names of redisKeys(redis))
    for (const name of names) {
      const [, user] = OF_A_DEVICE.exec(name) ?? []
      if (user !== undefined) users.set(BigInt(user), name)
    }
  return users
}

/**
 * Of an account that was deleted nothing is left where it could be found, and it is in no conversation. What its devices
 * named their last messages by goes by itself: after ten minutes from Redis, where the server only forwards after a day
 * from `sent_keys`.
 */
export const accountsGone: Audit = {
  name: 'accounts.gone',
  claims: ['MSG-27'],
  defects: ['M-12'],
  async run({ stores, journal }) {
    const { cassandra, redis } = messagingStores(stores, 'fixed')
    const gone: bigint[] = []
    for await (const { keys, outcome } of journal.entries('account.delete'))
      if (outcome === 'ok') gone.push(BigInt(String(keys['members']).split(' ')[0] ?? '0'))
    const findings = newFindings()
    for (const table of [...ABOUT, 'members']) {
      const users = await usersIn(cassandra, table)
      for (const user of gone) {
        findings.checked += 1
        if (users.has(user)) addViolation(findings, `user ${user} was deleted, and ${table} has it still`)
      }
    }
    const keys = await keysOfUsers(redis)
    for (const user of gone) {
      findings.checked += 1
      const key = keys.get(user)
      if (key !== undefined) addViolation(findings, `user ${user} was deleted, and Redis has ${key} still`)
    }
    return outcomeOf(findings, `${gone.length} accounts were deleted`)
  },
}
