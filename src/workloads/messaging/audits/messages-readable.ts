import type { Audit } from '../../../core/audit.ts'
import type { JournalReader } from '../../../core/journal.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import { FRAME_UNREADABLE } from '../clients/society.ts'
import { FRAMES_REFUSED } from '../fixed/gateway/refusals.ts'
import { receivedMessages } from './sent.ts'

/** Keys of messages that were sent with a blob. */
async function keysWithMedia(journal: JournalReader): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  for await (const { keys } of journal.entries('message.send'))
    if (keys['kind'] === 'image' || keys['kind'] === 'video') found.add(String(keys['key']))
  return found
}

/** What none of a run's devices sends. The rest may come of a race: somebody writes who was removed a moment ago. */
const NOBODYS: ReadonlySet<string> = new Set(['malformed', 'forged sender', 'no frame', 'a mistake of ours'])

/**
 * What reached a device it could open: no message without its key; of each that was sent with a blob every receiving
 * device has opened the blob, and it was what the message says (MSG-05, M-19). What gateways refused is said, and is a
 * violation where none of the devices can have sent it.
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
    for await (const { keys } of journal.entries(FRAME_UNREADABLE))
      addViolation(findings, `${keys['device']} could not read a frame of its gateway: ${keys['why']}`)
    for await (const { keys } of journal.entries('message.undecryptable'))
      addViolation(
        findings,
        `${keys['device']} could not open what ${keys['from']} sent to ${keys['conversation']}: ${keys['why']}`,
      )
    for await (const { keys } of journal.entries('media.unreadable'))
      addViolation(findings, `${keys['device']} could not open the blob ${keys['hash']}`)
    const refused = new Map<string, number>()
    for await (const { keys } of journal.entries(FRAMES_REFUSED)) {
      const why = String(keys['why'])
      refused.set(why, (refused.get(why) ?? 0) + Number(keys['count']))
    }
    for (const [why, count] of refused)
      if (NOBODYS.has(why)) addViolation(findings, `${count} frames were refused: ${why}`)
    const reasons = [...refused].map(([why, count]) => `${count} ${why}`).join(', ')
    return outcomeOf(findings, `${opened.size} blobs were opened; frames refused: ${reasons || 'none'}`)
  },
}
