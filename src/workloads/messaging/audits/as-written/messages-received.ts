import type { Audit } from '../../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../../patterns/audits/findings.ts'
import { addressOf, buildPopulation, userOf } from '../../population.ts'
import { receivedMessages, sentMessages } from '../sent.ts'
import { conversationsOf, senderOf } from './people.ts'

/**
 * Every message that was acknowledged was shown by each device of each member, the sender's own other ones included,
 * exactly once (defects.md, B.6; M-02, M-25). What was lost between asking and asking is told apart.
 */
export const asWrittenMessagesReceived: Audit = {
  name: 'messages.received',
  claims: ['MSG-04', 'MSG-06', 'MSG-20', 'MSG-21', 'MSG-22', 'MSG-26'],
  defects: ['M-02', 'M-10', 'M-25'],
  async run({ journal, population }) {
    const people = buildPopulation(population)
    const members = conversationsOf(people)
    const received = new Map<string, Map<string, number>>()
    for await (const { key, device } of receivedMessages(journal)) {
      const counts = received.get(key) ?? new Map<string, number>()
      received.set(key, counts)
      counts.set(device, (counts.get(device) ?? 0) + 1)
    }
    const findings = newFindings()
    const seen = { repeated: 0, own: 0, lost: 0 }
    for await (const sent of sentMessages(journal)) {
      const { key, conversation, device, message } = sent
      const counts = received.get(key) ?? new Map<string, number>()
      received.delete(key)
      for (const [at, times] of counts)
        if (times > 1) {
          seen.repeated += 1
          addViolation(findings, `message ${key} was shown ${times} times by ${at}`)
        }
      if (message === undefined) continue
      for (const user of sent.members ?? members.get(conversation) ?? []) {
        const index = userOf(user)
        // Who came in the run has one; devices that were added to others are left out, as they came at some time.
        const devices = index < people.size ? people.devicesOf(index) : 1
        for (let number = 1; number <= devices; number += 1) {
          const to = addressOf({ user, device: number })
          if (to === device) continue
          findings.checked += 1
          if (counts.has(to)) continue
          if (user === senderOf(device)) seen.own += 1
          else seen.lost += 1
          addViolation(findings, `message ${key} of ${device} never reached ${to}`)
        }
      }
    }
    for (const key of received.keys()) addViolation(findings, `message ${key} was shown, and nobody sent it`)
    return outcomeOf(
      findings,
      `${seen.repeated} shown more than once; never shown: ${seen.own} by another device of who wrote, ${seen.lost} by one of the others`,
    )
  },
}
