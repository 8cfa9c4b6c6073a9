import type { Audit } from '../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import { receivedMessages } from './sent.ts'

/** Each device saw the messages of a conversation in the conversation's order, whatever clocks gateways have (M-10). */
export const messagesInOrder: Audit = {
  name: 'messages.in-order',
  claims: ['MSG-06', 'MSG-13'],
  defects: ['M-10'],
  async run({ journal }) {
    const newest = new Map<string, bigint>()
    const findings = newFindings()
    for await (const { device, conversation, message } of receivedMessages(journal)) {
      const name = `${device} ${conversation}`
      const id = BigInt(message)
      const before = newest.get(name)
      if (before !== undefined) {
        findings.checked += 1
        if (before >= id)
          addViolation(findings, `${device} saw message ${message} of ${conversation} after ${before}`)
      }
      newest.set(name, id)
    }
    return outcomeOf(findings)
  },
}
