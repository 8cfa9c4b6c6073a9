import type { Audit } from '../../../core/audit.ts'
import type { JournalReader } from '../../../core/journal.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import { addressOf } from '../population.ts'
import { messagingStores } from '../stores.ts'
import { receivedMessages } from './sent.ts'
import { allRows } from '../rows.ts'

const RECEIPTS = {
  text: 'SELECT conversation_id, user_id, device_id, delivered_message_id, read_message_id FROM receipts',
  idempotent: true,
} as const
const MARKS = {
  text: 'SELECT user_id, conversation_id, read_message_id FROM watermarks',
  idempotent: true,
} as const
const MESSAGES = { text: 'SELECT conversation_id, message_id FROM messages', idempotent: true } as const

interface ReceiptRow {
  readonly conversation_id: string
  readonly user_id: bigint
  readonly device_id: number
  readonly delivered_message_id: bigint | null
  readonly read_message_id: bigint | null
}

interface MarkRow {
  readonly user_id: bigint
  readonly conversation_id: string
  readonly read_message_id: bigint
}

interface MessageRow {
  readonly conversation_id: string
  readonly message_id: bigint
}

function keepGreater(marks: Map<string, bigint>, name: string, id: bigint): void {
  if (id > (marks.get(name) ?? 0n)) marks.set(name, id)
}

/** The greatest mark that a gateway answered, by conversation and user. */
async function answeredMarks(journal: JournalReader): Promise<ReadonlyMap<string, bigint>> {
  const marks = new Map<string, bigint>()
  for await (const { keys } of journal.entries('mark.read')) {
    const [user = ''] = String(keys['device']).split(':')
    keepGreater(marks, `${keys['conversation']} ${user}`, BigInt(String(keys['message'])))
  }
  return marks
}

/**
 * What is derived equals what it is derived from: each device's receipt is the newest message that it received, nobody
 * has read what is not there, and no mark that was answered has gone back (M-03, M-04, M-06, M-21).
 */
export const marksEqual: Audit = {
  name: 'marks.equal',
  claims: ['MSG-12', 'MSG-15', 'MSG-22', 'MSG-23'],
  defects: ['M-03', 'M-04', 'M-06', 'M-21'],
  async run({ stores, journal }) {
    const { cassandra } = messagingStores(stores, 'fixed')
    const newest = new Map<string, bigint>()
    for await (const row of allRows<MessageRow>(cassandra, MESSAGES))
      keepGreater(newest, row.conversation_id, row.message_id)
    const received = new Map<string, bigint>()
    for await (const { device, conversation, message } of receivedMessages(journal)) {
      keepGreater(received, `${conversation} ${device}`, BigInt(message))
      // One that was shown and could not be kept was not acknowledged, and may have been read.
      keepGreater(newest, conversation, BigInt(message))
    }
    const findings = newFindings()
    for await (const row of allRows<ReceiptRow>(cassandra, RECEIPTS)) {
      const { conversation_id: conversation, delivered_message_id: delivered, read_message_id: read } = row
      const name = `${conversation} ${addressOf({ user: row.user_id, device: row.device_id })}`
      const last = newest.get(conversation) ?? 0n
      findings.checked += 1
      if (read !== null && read > last)
        addViolation(findings, `${name} has read ${read}, and the newest message is ${last}`)
      if (delivered === null) continue
      const seen = received.get(name)
      received.delete(name)
      if (seen !== delivered)
        addViolation(
          findings,
          `the receipt of ${name} says ${delivered}, and the newest that came is ${seen ?? 0n}`,
        )
    }
    for (const [name, seen] of received)
      addViolation(findings, `${name} received ${seen}, and no receipt says so`)
    const kept = new Map<string, bigint>()
    for await (const row of allRows<MarkRow>(cassandra, MARKS))
      kept.set(`${row.conversation_id} ${row.user_id}`, row.read_message_id)
    for (const [name, read] of await answeredMarks(journal)) {
      findings.checked += 1
      const mark = kept.get(name) ?? 0n
      if (mark < read) addViolation(findings, `the mark of ${name} is ${mark}, and ${read} was answered`)
    }
    return outcomeOf(findings)
  },
}
