import type { Audit } from '../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import { TOPIC } from '../fixed/events/topics.ts'
import { commerceStores } from '../stores.ts'

/** Every event could be read by its consumers: nothing is among the dead letters. */
export const eventsReadable: Audit = {
  name: 'events.readable',
  claims: ['ECM-74'],
  defects: [],
  async run({ stores }) {
    const { kafka } = commerceStores(stores, 'fixed')
    const findings = newFindings()
    for (const topic of [TOPIC.orders, TOPIC.products]) {
      for (const { first, next } of await kafka.offsets(topic)) findings.checked += Number(next - first)
    }
    for await (const message of kafka.readTopic(TOPIC.deadLetters))
      addViolation(findings, `${message.key ?? ''}: ${message.headers['reason'] ?? 'no reason given'}`)
    return outcomeOf(findings)
  },
}
