import type { Audit } from '../../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../../patterns/audits/findings.ts'
import { messagingStores } from '../../stores.ts'
import { holdsCanary } from '../plaintext-nowhere.ts'
import { allRows } from '../../rows.ts'

const MESSAGES = { text: 'SELECT content, media_url FROM messages', idempotent: true } as const

interface Row {
  readonly content: string
  readonly media_url: string | null
}

/** Known words that were in every message are not in the table (MSG-05, M-07), and no address leads to a blob (M-19). */
export const asWrittenPlaintextNowhere: Audit = {
  name: 'plaintext.nowhere',
  claims: ['MSG-05', 'MSG-10', 'MSG-11'],
  defects: ['M-07', 'M-19'],
  async run({ stores }) {
    const { cassandra } = messagingStores(stores, 'as-written')
    const findings = newFindings()
    let said = 0
    let addresses = 0
    for await (const { content, media_url: url } of allRows<Row>(cassandra, MESSAGES)) {
      findings.checked += 1
      if (holdsCanary(content)) said += 1
      if (url !== null) addresses += 1
    }
    if (said > 0) addViolation(findings, `${said} of ${findings.checked} rows of messages hold plaintext`)
    if (addresses > 0)
      addViolation(
        findings,
        `${addresses} of ${findings.checked} rows of messages hold the address of a blob`,
      )
    return outcomeOf(findings)
  },
}
