import type { Audit } from '../../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../../patterns/audits/findings.ts'
import { messagingStores } from '../../stores.ts'
import { storedMessages } from './rows.ts'

/** A message is one row, however many it is said to (M-05, MSG-21). */
export const asWrittenMessagesOneRow: Audit = {
  name: 'messages.one-row',
  claims: ['MSG-03', 'MSG-21'],
  defects: ['M-05'],
  async run({ stores }) {
    const { cassandra } = messagingStores(stores, 'as-written')
    const recipients = new Map<string, Set<bigint>>()
    let rows = 0
    for await (const { key, recipient } of storedMessages(cassandra)) {
      rows += 1
      recipients.set(key, (recipients.get(key) ?? new Set()).add(recipient))
    }
    const findings = newFindings()
    for (const [key, { size }] of recipients) {
      findings.checked += 1
      if (size > 1) addViolation(findings, `message ${key} is ${size} rows, one for each of its recipients`)
    }
    return outcomeOf(findings, `${recipients.size} messages are ${rows} rows`)
  },
}
