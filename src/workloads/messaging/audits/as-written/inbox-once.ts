import type { Audit } from '../../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../../patterns/audits/findings.ts'
import { messagingStores } from '../../stores.ts'
import { inboxRows } from './rows.ts'

/** Each conversation is in a user's inbox once (M-03), and every row says of which it is (M-14). */
export const asWrittenInboxOnce: Audit = {
  name: 'inbox.once',
  claims: ['MSG-14', 'MSG-15', 'MSG-25'],
  defects: ['M-03', 'M-14'],
  async run({ stores }) {
    const { cassandra } = messagingStores(stores, 'as-written')
    const times = new Map<string, number>()
    const findings = newFindings()
    let bare = 0
    for await (const { user_id: user, conversation_id: conversation } of inboxRows(cassandra)) {
      findings.checked += 1
      if (conversation === null) {
        bare += 1
        addViolation(findings, `a row of ${user}'s inbox has lost its conversation`)
      } else {
        const name = `${conversation} is in the inbox of ${user}`
        times.set(name, (times.get(name) ?? 0) + 1)
      }
    }
    let repeated = 0
    for (const [name, count] of times) {
      if (count === 1) continue
      repeated += 1
      addViolation(findings, `${name} ${count} times`)
    }
    return outcomeOf(findings, `${repeated} stand there more than once, ${bare} rows have no conversation`)
  },
}
