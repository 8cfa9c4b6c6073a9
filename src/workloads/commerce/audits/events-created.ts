import type { Audit } from '../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import type { Statement } from '../../../stores/postgres/client.ts'
import { TOPIC } from '../fixed/events/topics.ts'
import { commerceStores } from '../stores.ts'

const ORDERS: Statement = { name: 'audit events orders', text: 'SELECT order_id::text AS id FROM orders' }

/**
 * Each order that was committed has exactly one `order.created` in Kafka, however often that was delivered, and none that
 * was rolled back has any (ECM-74).
 */
export const eventsCreated: Audit = {
  name: 'events.created',
  claims: ['ECM-74'],
  defects: ['E-19', 'E-20', 'E-22'],
  async run({ stores }) {
    const { kafka, postgres } = commerceStores(stores, 'fixed')
    const events = new Map<string, string>()
    const findings = newFindings()
    for await (const message of kafka.readTopic(TOPIC.orders)) {
      if (message.headers['kind'] !== 'order.created') continue
      const order = message.key ?? ''
      const event = message.headers['id'] ?? ''
      const known = events.get(order)
      if (known === undefined) events.set(order, event)
      else if (known !== event)
        addViolation(findings, `order ${order} was created by events ${known} and ${event}`)
    }
    for (const { id } of await postgres.query<{ id: string }>(ORDERS)) {
      findings.checked += 1
      if (!events.delete(id)) addViolation(findings, `order ${id} has no order.created`)
    }
    for (const order of events.keys())
      addViolation(findings, `order.created tells of order ${order}, which is not there`)
    return outcomeOf(findings)
  },
}
