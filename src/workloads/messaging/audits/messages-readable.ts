import type { Audit } from '../../../core/audit.ts'
import type { JournalReader } from '../../../core/journal.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import { receivedMessages } from './sent.ts'

/** Keys of messages that were sent with a blob. */
async function keysWithMedia(journal: JournalReader): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  for await (const { keys } of journal.entries('message.send'))
    if (keys['kind'] === 'image' || keys['kind'] === 'video') found.add(String(keys['key']))
  return found
}

/**
 * What reached a device it could open: no message without its key; of each that was sent with a blob every receiving
 * device has opened the blob, and it was what the message says (MSG-05, M-19).
 */
export const messagesReadable: Audit = {
  name: 'messages.readable',
  claims: ['MSG-05', 'MSG-10', 'MSG-27'],
  defects: ['M-13', 'M-19', 'M-26'],
  async run({ journal }) {
    const findings = newFindings()
    const opened = new Set<string>()
    for await (const { keys } of journal.entries('media.received'))
      opened.add(`${keys['device']} ${keys['hash']}`)
    const withMedia = await keysWithMedia(journal)
    for await (const { device, key, media } of receivedMessages(journal)) {
      findings.checked += 1
      if (media === undefined && withMedia.has(key))
        addViolation(findings, `${device} has message ${key} without the blob that it was sent with`)
      if (media !== undefined && !opened.has(`${device} ${media}`))
        addViolation(findings, `${device} has not opened the blob ${media} of message ${key}`)
    }
    for await (const { keys } of journal.entries('message.undecryptable'))
      addViolation(
        findings,
        `${keys['device']} could not open what ${keys['from']} sent to ${keys['conversation']}: ${keys['why']}`,
      )
    for await (const { keys } of journal.entries('media.unreadable'))
      addViolation(findings, `${keys['device']} could not open the blob ${keys['hash']}`)
    return outcomeOf(findings, `${opened.size} blobs were opened`)
  },
}
