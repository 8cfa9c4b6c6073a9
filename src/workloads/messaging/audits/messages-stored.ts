import type { Audit } from '../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import { addressOf } from '../population.ts'
import { messagingStores } from '../stores.ts'
import { sentMessages } from './sent.ts'
import { allRows } from '../rows.ts'

const MESSAGES = {
  text: 'SELECT conversation_id, message_id, sender_id, sender_device FROM messages',
  idempotent: true,
} as const

interface MessageRow {
  readonly conversation_id: string
  readonly message_id: bigint
  readonly sender_id: bigint
  readonly sender_device: number
}

/**
 * Every message that was acknowledged is in the log once, by who sent it; of those without an answer each is there or
 * not; and nothing that nobody sent (M-02, MSG-07).
 */
export const messagesStored: Audit = {
  name: 'messages.stored',
  claims: ['MSG-07', 'MSG-18', 'MSG-20', 'MSG-21'],
  defects: ['M-02'],
  async run({ stores, journal }) {
    const { cassandra } = messagingStores(stores, 'fixed')
    const stored = new Map<string, string>()
    for await (const row of allRows<MessageRow>(cassandra, MESSAGES))
      stored.set(
        `${row.conversation_id} ${row.message_id}`,
        addressOf({ user: row.sender_id, device: row.sender_device }),
      )
    const findings = newFindings()
    let unknown = 0
    for await (const { key, conversation, device, message } of sentMessages(journal)) {
      if (message === undefined) {
        unknown += 1
        continue
      }
      findings.checked += 1
      const name = `${conversation} ${message}`
      const sender = stored.get(name)
      stored.delete(name)
      if (sender === undefined)
        addViolation(findings, `message ${key} was acknowledged as ${name} and is not in the log`)
      else if (sender !== device)
        addViolation(findings, `message ${name} of ${device} is ${sender}'s in the log`)
    }
    if (stored.size > unknown)
      addViolation(
        findings,
        `${stored.size} messages are in the log that nobody was told of, and only ${unknown} had no answer`,
      )
    return outcomeOf(findings, `${unknown} without an answer, of which ${stored.size} are in the log`)
  },
}
