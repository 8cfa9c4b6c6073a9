import type { Audit } from '../../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../../patterns/audits/findings.ts'
import type { Statement } from '../../../../stores/postgres/client.ts'
import { ORDER_CREATED, orderOf } from '../../as-written/events.ts'
import { commerceStores } from '../../stores.ts'

const ORDERS: Statement = {
  name: 'audit events orders as written',
  text: 'SELECT order_id::text AS id FROM orders',
}

/** Each order that was committed has exactly one `order.created` in Kafka, and none that was rolled back has any (E-19). */
export const eventsCreatedAsWritten: Audit = {
  name: 'events.created',
  claims: ['ECM-74'],
  defects: ['E-19', 'E-20'],
  async run({ stores }) {
    const { kafka, postgres } = commerceStores(stores, 'as-written')
    const events = new Map<string, number>()
    for await (const message of kafka.readTopic(ORDER_CREATED)) {
      const order = orderOf(message)
      events.set(order, (events.get(order) ?? 0) + 1)
    }
    const findings = newFindings()
    for (const { id } of await postgres.query<{ id: string }>(ORDERS)) {
      findings.checked += 1
      const times = events.get(id) ?? 0
      if (times !== 1) addViolation(findings, `order ${id} has ${times} order.created`)
      events.delete(id)
    }
    for (const order of events.keys())
      addViolation(findings, `order.created tells of order ${order}, which is not there`)
    return outcomeOf(findings)
  },
}
