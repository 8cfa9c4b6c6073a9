import type { Audit } from '../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import { receivedMessages } from './sent.ts'

/** What reached a device it could open: no message without its key, no blob that is not what its message says (MSG-05). */
export const messagesReadable: Audit = {
  name: 'messages.readable',
  claims: ['MSG-05', 'MSG-10', 'MSG-27'],
  defects: ['M-13', 'M-19', 'M-26'],
  async run({ journal }) {
    const findings = newFindings()
    for await (const _ of receivedMessages(journal)) findings.checked += 1
    for await (const { keys } of journal.entries('message.undecryptable'))
      addViolation(
        findings,
        `${keys['device']} could not open what ${keys['from']} sent to ${keys['conversation']}: ${keys['why']}`,
      )
    let media = 0
    for await (const _ of journal.entries('media.received')) media += 1
    for await (const { keys } of journal.entries('media.unreadable'))
      addViolation(findings, `${keys['device']} could not open the blob ${keys['hash']}`)
    return outcomeOf(findings, `${media} blobs were opened`)
  },
}
