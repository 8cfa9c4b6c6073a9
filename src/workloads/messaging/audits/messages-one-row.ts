import type { Audit } from '../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import { messagingStores } from '../stores.ts'
import { sentMessages } from './sent.ts'
import { allRows } from '../rows.ts'

const MESSAGES = { text: 'SELECT conversation_id, message_id FROM messages', idempotent: true } as const

interface MessageRow {
  readonly conversation_id: string
  readonly message_id: bigint
}

/** A message is one row, however many it is said to: a conversation has no more rows than were sent in it (M-05, MSG-21). */
export const messagesOneRow: Audit = {
  name: 'messages.one-row',
  claims: ['MSG-03', 'MSG-21'],
  defects: ['M-05'],
  async run({ stores, journal }) {
    const { cassandra } = messagingStores(stores, 'fixed')
    const sent = new Map<string, number>()
    for await (const { conversation } of sentMessages(journal))
      sent.set(conversation, (sent.get(conversation) ?? 0) + 1)
    const stored = new Map<string, number>()
    let rows = 0
    for await (const { conversation_id: conversation } of allRows<MessageRow>(cassandra, MESSAGES)) {
      rows += 1
      stored.set(conversation, (stored.get(conversation) ?? 0) + 1)
    }
    const findings = newFindings()
    for (const [conversation, found] of stored) {
      const most = sent.get(conversation) ?? 0
      findings.checked += found
      if (found > most)
        addViolation(findings, `${most} messages were sent to ${conversation}, which has ${found} rows`)
    }
    return outcomeOf(findings, `${rows} rows`)
  },
}
