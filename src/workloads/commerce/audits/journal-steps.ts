import type { JournalEntry } from '../../../core/journal.ts'
import type { AuditContext } from '../../../core/audit.ts'
import { addViolation } from '../../../patterns/audits/findings.ts'
import type { Findings } from '../../../patterns/audits/findings.ts'
import { partsOf } from '../../../patterns/audits/scan.ts'
import { answeredId, askedId, describeWrite, writesOf } from '../../../patterns/audits/writes.ts'
import type { PostgresQueries, Statement } from '../../../stores/postgres/client.ts'

const PART = 5_000

const STATES: Statement = {
  name: 'audit journal steps',
  text: `SELECT o.order_id::text AS id, o.status, o.payment_status, i.returned
FROM unnest($1::bigint[]) AS wanted(id) JOIN orders o ON o.shard = shard_of(wanted.id) AND o.order_id = wanted.id
CROSS JOIN LATERAL (
  SELECT coalesce(array_agg(line_number::integer), '{}') AS returned FROM order_items
  WHERE shard = o.shard AND order_id = o.order_id AND status = 'returned') i`,
}
const RESTOCKS: Statement = {
  name: 'audit journal restocks',
  text: `SELECT i.product_id || ' ' || i.warehouse_id || ' ' || l.delta_available AS delivery, count(*)::integer AS times
FROM inventory_transactions l JOIN inventory i ON i.shard = l.shard AND i.inventory_id = l.inventory_id
WHERE l.transaction_type = 'restock' AND l.order_id IS NULL AND l.inventory_version > 1 GROUP BY 1`,
}
const VERSIONS: Statement = {
  name: 'audit journal versions',
  text: `SELECT d.product_id::text AS id, p.version FROM unnest($1::bigint[]) AS wanted(id)
JOIN product_directory d ON d.product_id = wanted.id
JOIN products p ON p.category_id = d.category_id AND p.product_id = d.product_id`,
}

interface StateRow {
  readonly id: string
  readonly status: string
  readonly payment_status: string
  readonly returned: readonly number[]
}

/** Whether an order shows that a step went through. Later steps may have followed. */
const SHOWS: Readonly<Record<string, (row: StateRow, entry: JournalEntry) => boolean>> = {
  'payment.capture': (row) => row.payment_status !== 'pending',
  'order.cancel': (row) => row.status === 'cancelled',
  'order.refund': (row) => row.payment_status === 'refunded',
  'order.ship': (row) => row.status === 'shipped' || row.status === 'delivered',
  'order.deliver': (row) => row.status === 'delivered',
  'item.return': (row, entry) => row.returned.includes(Number(entry.keys['line'])),
}

async function acknowledged(context: AuditContext, operations: readonly string[]): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = []
  for await (const entry of writesOf(context.journal, operations))
    if (entry.outcome === 'ok') entries.push(entry)
  return entries
}

async function checkStates(
  context: AuditContext,
  queries: PostgresQueries,
  findings: Findings,
): Promise<void> {
  for (const part of partsOf(await acknowledged(context, Object.keys(SHOWS)), PART)) {
    const ids = [...new Set(part.map((entry) => askedId(entry, 'order')))]
    const rows = new Map((await queries.query<StateRow>(STATES, [ids])).map((row) => [row.id, row]))
    for (const entry of part) {
      findings.checked += 1
      const row = rows.get(String(entry.keys['order']))
      if (row === undefined || SHOWS[entry.operation]?.(row, entry) !== true)
        addViolation(findings, `${describeWrite(entry)}: the order does not show it`)
    }
  }
}

/** Deliveries to warehouses: each acknowledged one is in the ledger, unknown ones at most once each. */
async function checkRestocks(
  context: AuditContext,
  queries: PostgresQueries,
  findings: Findings,
): Promise<void> {
  const asked = new Map<string, { certain: number; possible: number }>()
  for await (const entry of writesOf(context.journal, ['stock.add'])) {
    if (entry.outcome === 'refused') continue
    const name = `${entry.keys['product']} ${entry.keys['warehouse']} ${entry.keys['quantity']}`
    const counts = asked.get(name) ?? { certain: 0, possible: 0 }
    asked.set(name, counts)
    if (entry.outcome === 'ok') counts.certain += 1
    else counts.possible += 1
  }
  const rows = await queries.query<{ delivery: string; times: number }>(RESTOCKS)
  const happened = new Map(rows.map((row) => [row.delivery, row.times]))
  for (const name of new Set([...asked.keys(), ...happened.keys()])) {
    findings.checked += 1
    const { certain, possible } = asked.get(name) ?? { certain: 0, possible: 0 }
    const times = happened.get(name) ?? 0
    if (times < certain || times > certain + possible)
      addViolation(
        findings,
        `a delivery (product, warehouse, units) ${name} is booked ${times} times, ${certain} were acknowledged and ${possible} left unknown`,
      )
  }
}

async function checkVersions(
  context: AuditContext,
  queries: PostgresQueries,
  findings: Findings,
): Promise<void> {
  for (const part of partsOf(await acknowledged(context, ['product.update']), PART)) {
    const ids = part.map((entry) => askedId(entry, 'product'))
    const rows = await queries.query<{ id: string; version: bigint }>(VERSIONS, [[...new Set(ids)]])
    const versions = new Map(rows.map((row) => [row.id, row.version]))
    for (const entry of part) {
      findings.checked += 1
      if ((versions.get(String(entry.keys['product'])) ?? 0n) < answeredId(entry, 'version'))
        addViolation(findings, `${describeWrite(entry)}: the product is older than that`)
    }
  }
}

/** Steps of orders, deliveries and changes of products that were acknowledged are there. */
export async function checkSteps(
  context: AuditContext,
  queries: PostgresQueries,
  findings: Findings,
): Promise<void> {
  await checkStates(context, queries, findings)
  await checkRestocks(context, queries, findings)
  await checkVersions(context, queries, findings)
}
