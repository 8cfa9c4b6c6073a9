import type { Audit } from '../../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../../patterns/audits/findings.ts'
import { inSnapshot } from '../../../../patterns/audits/snapshot-audit.ts'
import { answeredId, askedId, hasEntries, writesOf } from '../../../../patterns/audits/writes.ts'
import type { Statement } from '../../../../stores/postgres/client.ts'
import { commerceStores } from '../../stores.ts'

const ORDERS: Statement = {
  name: 'audit journal orders as written',
  text: `SELECT o.order_id::text AS id, o.customer_id::text AS customer, i.lines FROM orders o CROSS JOIN LATERAL (
  SELECT coalesce(array_agg(product_id || 'x' || quantity), '{}') AS lines FROM order_items WHERE order_id = o.order_id) i`,
}

interface OrderRow {
  readonly id: string
  readonly customer: string
  readonly lines: readonly string[]
}

function sorted(lines: readonly string[]): string {
  return [...lines].sort().join(' ')
}

/**
 * Every order that was acknowledged is there with its lines; the others that are there are as many as got no answer: of
 * an order whose event could not be published nobody knows that it is there (E-20). The text has no keys to tell them by.
 */
export const journalAcknowledgedAsWritten: Audit = {
  name: 'journal.acknowledged',
  claims: ['ECM-10', 'ECM-73'],
  defects: ['E-19', 'E-20'],
  run(context) {
    return inSnapshot(commerceStores(context.stores, 'as-written').postgres, async (queries) => {
      const findings = newFindings()
      if (!(await hasEntries(context.journal))) return outcomeOf(findings)
      const answered = new Map<string, string>()
      const unknown = new Map<string, number>()
      for await (const entry of writesOf(context.journal, ['order.place', 'order.mistake'])) {
        const asked = `${askedId(entry, 'customer')} ${sorted(String(entry.keys['lines']).split(' '))}`
        if (entry.outcome === 'unknown') unknown.set(asked, (unknown.get(asked) ?? 0) + 1)
        else if (entry.outcome === 'ok' && entry.result['order'] !== '')
          answered.set(String(answeredId(entry, 'order')), asked)
      }
      for (const { id, customer, lines } of await queries.query<OrderRow>(ORDERS)) {
        findings.checked += 1
        const held = `${customer} ${sorted(lines)}`
        const asked = answered.get(id)
        answered.delete(id)
        const left = unknown.get(held) ?? 0
        if (asked === undefined && left === 0)
          addViolation(findings, `order ${id} of ${held} is there, and nobody asked for it`)
        else if (asked === undefined) unknown.set(held, left - 1)
        else if (asked !== held) addViolation(findings, `order ${id} holds ${held}, asked for was ${asked}`)
      }
      for (const [order, asked] of answered)
        addViolation(findings, `order ${order} of ${asked} was acknowledged and is not there`)
      return outcomeOf(findings)
    })
  },
}
