import type { Audit } from '../../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../../patterns/audits/findings.ts'
import { messagingStores } from '../../stores.ts'
import { inboxRows, storedMessages } from './rows.ts'

/** The count that a user sees, that of the newest row, is that of the messages to them which are not read (M-04). */
export const asWrittenUnreadDerived: Audit = {
  name: 'unread.derived',
  claims: ['MSG-14', 'MSG-25'],
  defects: ['M-04'],
  async run({ stores }) {
    const { cassandra } = messagingStores(stores, 'as-written')
    const unread = new Map<string, number>()
    for await (const { recipient, conversation, status } of storedMessages(cassandra)) {
      const name = `${recipient} ${conversation}`
      unread.set(name, (unread.get(name) ?? 0) + (status === 'read' ? 0 : 1))
    }
    const findings = newFindings()
    const seen = new Set<string>()
    for await (const row of inboxRows(cassandra)) {
      const name = `${row.user_id} ${row.conversation_id}`
      if (row.conversation_id === null || seen.has(name)) continue
      seen.add(name)
      findings.checked += 1
      const expected = unread.get(name) ?? 0
      if (row.unread_count !== expected)
        addViolation(
          findings,
          `user ${row.user_id} has ${expected} unread messages in ${row.conversation_id}, unread_count says ${row.unread_count}`,
        )
    }
    return outcomeOf(findings)
  },
}
