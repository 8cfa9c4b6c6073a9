import type { Audit } from '../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import type { CassandraClient } from '../../../stores/cassandra/client.ts'
import { messagingStores } from '../stores.ts'
import { allRows } from '../rows.ts'

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
] as const

async function usersIn(cassandra: CassandraClient, table: string): Promise<ReadonlySet<bigint>> {
  const users = new Set<bigint>()
  const statement = { text: `SELECT user_id FROM ${table}`, idempotent: true }
  for await (const row of allRows<{ readonly user_id: bigint }>(cassandra, statement)) users.add(row.user_id)
  return users
}

/** Of an account that was deleted nothing is left where it could be found, and it is in no conversation. */
export const accountsGone: Audit = {
  name: 'accounts.gone',
  claims: ['MSG-27'],
  defects: ['M-12'],
  async run({ stores, journal }) {
    const { cassandra } = messagingStores(stores, 'fixed')
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
    return outcomeOf(findings, `${gone.length} accounts were deleted`)
  },
}
