import type { Audit } from '../../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../../patterns/audits/findings.ts'
import { buildPopulation } from '../../population.ts'
import { messagingStores } from '../../stores.ts'
import { sentMessages } from '../sent.ts'
import { conversationsOf, senderOf } from './people.ts'
import { storedMessages } from './rows.ts'

/**
 * Every message that was acknowledged is there for each other member, and once (M-02); and nothing that nobody sent. The
 * rows of a group's members are told apart by their recipients, and are no fault here (`messages.one-row`).
 */
export const asWrittenMessagesStored: Audit = {
  name: 'messages.stored',
  claims: ['MSG-07', 'MSG-18', 'MSG-20', 'MSG-21'],
  defects: ['M-02'],
  async run({ stores, journal, population }) {
    const { cassandra } = messagingStores(stores, 'as-written')
    const members = conversationsOf(buildPopulation(population))
    const stored = new Map<string, Map<bigint, number>>()
    for await (const { key, recipient } of storedMessages(cassandra)) {
      const times = stored.get(key) ?? new Map<bigint, number>()
      stored.set(key, times)
      times.set(recipient, (times.get(recipient) ?? 0) + 1)
    }
    const findings = newFindings()
    let lost = 0
    let repeated = 0
    for await (const sent of sentMessages(journal)) {
      const { key, conversation, device, message } = sent
      const times = stored.get(key)
      stored.delete(key)
      for (const recipient of sent.members ?? members.get(conversation) ?? []) {
        if (recipient === senderOf(device)) continue
        const rows = times?.get(recipient) ?? 0
        if (message !== undefined) findings.checked += 1
        if (rows > 1) {
          repeated += 1
          addViolation(findings, `message ${key} is stored ${rows} times for ${recipient}`)
        } else if (rows === 0 && message !== undefined) {
          lost += 1
          addViolation(findings, `message ${key} was acknowledged and is not stored for ${recipient}`)
        }
      }
    }
    for (const key of stored.keys()) addViolation(findings, `message ${key} is stored, and nobody sent it`)
    return outcomeOf(findings, `${repeated} stored more than once, ${lost} not at all`)
  },
}
