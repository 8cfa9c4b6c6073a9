import type { Audit } from '../../../core/audit.ts'
import { findCycle } from '../../../patterns/audits/cycles.ts'
import type { HistoryEdge, HistoryNode } from '../../../patterns/audits/cycles.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import { inSnapshot } from '../../../patterns/audits/snapshot-audit.ts'
import { answeredFlag, answeredId, askedId, writesOf } from '../../../patterns/audits/writes.ts'
import type { AuditContext } from '../../../core/audit.ts'
import type { PostgresQueries, Statement } from '../../../stores/postgres/client.ts'
import { commerceStores } from '../stores.ts'

interface ChangeRow {
  readonly inventory_id: bigint
  /** The order and what was done to it, or the delivery. */
  readonly change: string
  /** The transaction of it: several changes of stock rows have the same one. */
  readonly transaction: string
}

// A saga reserves stock row by stock row (E-06): it promises each in an order, and not all of an order's in one. Versions are dense, so that rows of one stock row come in the order in which it was changed.
const CHANGES: Statement = {
  name: 'audit order history',
  text: `SELECT inventory_id, change,
  change || CASE WHEN $1 AND (transaction_type = 'reserve' OR created_by = 'saga') THEN ' ' || transaction_id ELSE '' END
    AS transaction
FROM (
  SELECT *, coalesce(order_id || ' ' || transaction_type
      || CASE WHEN transaction_type = 'restock' THEN ' ' || transaction_id ELSE '' END,
    'restock ' || transaction_id) AS change
  FROM inventory_transactions) ledger
ORDER BY inventory_id, inventory_version`,
}

/** The ledger's word for what an operation does to stock. */
const MOVES: Readonly<Record<string, string>> = {
  'order.place': 'reserve',
  'payment.capture': 'sell',
  'order.cancel': 'release',
}

type Times = Map<string, { readonly started: number; readonly finished: number | undefined }>

/** When the writes that changed stock were asked for and answered, by the transaction's name in the ledger. */
async function timesOf(context: AuditContext): Promise<Times> {
  const times: Times = new Map()
  for await (const entry of writesOf(context.journal, Object.keys(MOVES))) {
    if (entry.outcome !== 'ok') continue
    const isPlaced = entry.operation === 'order.place'
    if (isPlaced ? answeredFlag(entry, 'replayed') : !answeredFlag(entry, 'changed')) continue
    const order = isPlaced ? answeredId(entry, 'order') : askedId(entry, 'order')
    const name = `${order} ${MOVES[entry.operation] ?? ''}`
    times.set(name, { started: entry.startedMicros, finished: entry.finishedMicros })
  }
  return times
}

interface History {
  readonly nodes: readonly HistoryNode[]
  readonly edges: readonly HistoryEdge[]
}

async function readHistory(queries: PostgresQueries, times: Times, isSaga: boolean): Promise<History> {
  const numbers = new Map<string, number>()
  const nodes: HistoryNode[] = []
  const edges: HistoryEdge[] = []
  let last: { readonly stock: bigint; readonly node: number } | undefined
  for (const row of await queries.query<ChangeRow>(CHANGES, [isSaga])) {
    let node = numbers.get(row.transaction)
    if (node === undefined) {
      node = nodes.length
      numbers.set(row.transaction, node)
      const time = times.get(row.change)
      nodes.push({ label: row.transaction, started: time?.started, finished: time?.finished })
    }
    if (last?.stock === row.inventory_id && last.node !== node)
      edges.push({ from: last.node, to: node, why: `changed stock row ${row.inventory_id} before` })
    last = { stock: row.inventory_id, node }
  }
  return { nodes, edges }
}

/**
 * Orders, payments and cancellations changed stock as if one after the other, in an order that agrees with real time: the
 * graph of who changed each stock row before whom, and of who was answered before whom began, has no cycle (B.6, E-09).
 */
export const orderHistory: Audit = {
  name: 'orders.history',
  claims: ['ECM-09', 'ECM-10', 'ECM-61', 'ECM-73'],
  defects: ['E-09'],
  async run(context) {
    const times = await timesOf(context)
    return inSnapshot(commerceStores(context.stores, 'fixed').postgres, async (queries) => {
      const { nodes, edges } = await readHistory(queries, times, context.choice['checkout'] === 'saga')
      const findings = newFindings()
      findings.checked = nodes.filter(({ started }) => started !== undefined).length
      const cycle = findCycle(nodes, edges)
      if (cycle !== undefined)
        addViolation(findings, cycle.map(({ node, why }) => `${nodes[node]?.label ?? ''} ${why}`).join('; '))
      return outcomeOf(findings)
    })
  },
}
