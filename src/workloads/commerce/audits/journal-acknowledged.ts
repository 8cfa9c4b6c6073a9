import type { JournalEntry } from '../../../core/journal.ts'
import type { Audit, AuditContext } from '../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import type { Findings } from '../../../patterns/audits/findings.ts'
import { inSnapshot } from '../../../patterns/audits/snapshot-audit.ts'
import { answeredId, askedId, describeWrite, hasEntries, writesOf } from '../../../patterns/audits/writes.ts'
import type { PostgresQueries, Statement } from '../../../stores/postgres/client.ts'
import { commerceStores } from '../stores.ts'
import { checkSteps } from './journal-steps.ts'

const ORDERS: Statement = {
  name: 'audit journal orders',
  text: `SELECT o.order_id::text AS id, o.customer_id || ' ' || k.key AS asked, o.total_minor::text AS total, i.lines,
  k.order_id IS NULL AND time_of(o.order_id) <= clock_timestamp() - key_life() AS forgotten
FROM orders o
LEFT JOIN idempotency_keys k ON k.shard = o.shard AND k.customer_id = o.customer_id AND k.order_id = o.order_id
CROSS JOIN LATERAL (
  SELECT array_agg(product_id || 'x' || quantity) AS lines FROM order_items
  WHERE shard = o.shard AND order_id = o.order_id) i`,
}

interface OrderRow {
  readonly id: string
  readonly asked: string | null
  readonly total: string
  readonly lines: readonly string[]
  /** Whether its key is gone, which is a day old. */
  readonly forgotten: boolean
}

/** What the journal knows of one key: all that was asked under it asked for the same. */
interface Asked {
  readonly entry: JournalEntry
  /** The orders that were answered. */
  readonly answered: Set<string>
}

async function ordersAsked(context: AuditContext): Promise<ReadonlyMap<string, Asked>> {
  const asked = new Map<string, Asked>()
  for await (const entry of writesOf(context.journal, ['order.place'])) {
    if (entry.outcome === 'refused') continue
    const name = `${askedId(entry, 'customer')} ${entry.keys['key']}`
    const known = asked.get(name) ?? { entry, answered: new Set<string>() }
    asked.set(name, known)
    if (entry.outcome === 'ok') known.answered.add(String(answeredId(entry, 'order')))
  }
  return asked
}

function sameLines(entry: JournalEntry, row: OrderRow): boolean {
  return String(entry.keys['lines']).split(' ').sort().join(' ') === [...row.lines].sort().join(' ')
}

async function checkOrders(
  context: AuditContext,
  queries: PostgresQueries,
  findings: Findings,
): Promise<void> {
  const asked = await ordersAsked(context)
  const byOrder = new Map(
    Array.from(asked.values()).flatMap((known) =>
      Array.from(known.answered, (order) => [order, known] as const),
    ),
  )
  const found = new Set<string>()
  const forgotten = new Set<string>()
  for (const row of await queries.query<OrderRow>(ORDERS)) {
    if (row.forgotten) forgotten.add(row.id)
    // Without its key nobody can tell any more who asked for an order that no answer names.
    const ofAnswer = row.forgotten ? byOrder.get(row.id) : undefined
    const known = row.asked === null ? ofAnswer : asked.get(row.asked)
    if (known === undefined) {
      if (!row.forgotten) addViolation(findings, `order ${row.id} is there, and nobody asked for it`)
      continue
    }
    findings.checked += 1
    found.add(row.id)
    if (!sameLines(known.entry, row))
      addViolation(findings, `order ${row.id} holds ${row.lines.join(' ')}, not ${known.entry.keys['lines']}`)
  }
  for (const { entry, answered } of asked.values()) {
    // Without an answer the order is there once or not at all; the audit orders.keys sees a second one.
    // A key that was forgotten may be used again.
    const kept = [...answered].filter((order) => !forgotten.has(order))
    if (kept.length > 1)
      addViolation(findings, `${describeWrite(entry)}: one key was answered with ${kept.length} orders`)
    for (const order of answered) {
      if (!found.has(order))
        addViolation(findings, `${describeWrite(entry)}: order ${order} was acknowledged and is not there`)
    }
  }
}

/**
 * Every write that was acknowledged is there exactly once; unknown ones happened once or not at all; nothing else is there
 * (design.md, law 7): orders, their steps, deliveries to warehouses, changes of products.
 */
export const journalAcknowledged: Audit = {
  name: 'journal.acknowledged',
  claims: ['ECM-10', 'ECM-73', 'ECM-78'],
  defects: ['E-19', 'E-20', 'E-21'],
  run(context) {
    return inSnapshot(commerceStores(context.stores, 'fixed').postgres, async (queries) => {
      const findings = newFindings()
      if (!(await hasEntries(context.journal))) return outcomeOf(findings)
      await checkOrders(context, queries, findings)
      await checkSteps(context, queries, findings)
      return outcomeOf(findings)
    })
  },
}
