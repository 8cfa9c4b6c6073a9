import type { JournalReader } from '../../../core/journal.ts'
import type { Audit, AuditContext } from '../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import { unreadIn, unreadOf } from '../fixed/gateway/inbox.ts'
import { MOST_UNREAD } from '../fixed/gateway/recent.ts'
import { messagingStores } from '../stores.ts'
import { allRows } from '../rows.ts'
import { sentMessages } from './sent.ts'

const MESSAGES = {
  text: 'SELECT conversation_id, message_id, sender_id FROM messages',
  idempotent: true,
} as const
const MARKS = {
  text: 'SELECT user_id, conversation_id, read_message_id FROM watermarks',
  idempotent: true,
} as const
const INBOX = { text: 'SELECT user_id, conversation_id FROM inbox', idempotent: true } as const
/** Inbox rows that are looked at. */
const MOST_ROWS = 10_000

interface MessageRow {
  readonly conversation_id: string
  readonly message_id: bigint
  readonly sender_id: bigint
}

interface InConversation {
  readonly user_id: bigint
  readonly conversation_id: string
}

/** Messages that were sent and not answered, by conversation: taken or not, and then they wait at devices, perhaps. */
async function unanswered(journal: JournalReader): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for await (const { conversation, message } of sentMessages(journal))
    if (message === undefined) counts.set(conversation, (counts.get(conversation) ?? 0) + 1)
  return counts
}

/** What was said, by conversation: by the log, or where the server only forwards by who said it, since the log has it no more. */
async function saidIn({ stores, journal, choice }: AuditContext): Promise<ReadonlyMap<string, MessageRow[]>> {
  const said = new Map<string, MessageRow[]>()
  const note = (row: MessageRow): void => {
    const messages = said.get(row.conversation_id)
    if (messages === undefined) said.set(row.conversation_id, [row])
    else messages.push(row)
  }
  if (choice['retention'] !== 'forward-only') {
    const { cassandra } = messagingStores(stores, 'fixed')
    for await (const row of allRows<MessageRow>(cassandra, MESSAGES)) note(row)
    return said
  }
  for await (const { conversation, message, device } of sentMessages(journal))
    if (message !== undefined)
      note({
        conversation_id: conversation,
        message_id: BigInt(message),
        sender_id: BigInt(device.split(':')[0] ?? 0),
      })
  return said
}

/**
 * What the list says is unread is what others said behind the user's mark, a hundred at most, and so is what the log's
 * buckets alone give (M-04, MSG-25), where the log has all that was said.
 */
export const unreadDerived: Audit = {
  name: 'unread.derived',
  claims: ['MSG-14', 'MSG-25'],
  defects: ['M-04'],
  async run(context) {
    const { stores, journal } = context
    const { cassandra, redis } = messagingStores(stores, 'fixed')
    const isKept = context.choice['retention'] !== 'forward-only'
    const open = await unanswered(journal)
    const said = await saidIn(context)
    const marks = new Map<bigint, Map<string, bigint>>()
    for await (const row of allRows<{ readonly read_message_id: bigint } & InConversation>(
      cassandra,
      MARKS,
    )) {
      const mine = marks.get(row.user_id) ?? new Map<string, bigint>()
      marks.set(row.user_id, mine.set(row.conversation_id, row.read_message_id))
    }
    const rows: InConversation[] = []
    for await (const row of allRows<InConversation>(cassandra, INBOX)) {
      if (said.has(row.conversation_id)) rows.push(row)
      if (rows.length === MOST_ROWS) break
    }
    const findings = newFindings()
    const look = async (user: bigint, conversation: string, listed: number): Promise<void> => {
      const mark = marks.get(user)?.get(conversation) ?? 0n
      const messages = said.get(conversation) ?? []
      const last = messages.reduce((newest, { message_id: id }) => (id > newest ? id : newest), 0n)
      const derived = last <= mark ? 0 : await unreadOf({ cassandra }, user, conversation, last, mark)
      const behind = messages.filter(({ message_id: id }) => id > mark)
      const ofOthers = behind.filter(({ sender_id: sender }) => sender !== user).length
      const expected = behind.length >= MOST_UNREAD ? MOST_UNREAD : ofOthers
      const more = open.get(conversation) ?? 0
      const most = behind.length + more >= MOST_UNREAD ? MOST_UNREAD : ofOthers + more
      findings.checked += 1
      const unread = `user ${user} has ${expected} unread messages in ${conversation}`
      if (isKept && derived !== expected) addViolation(findings, `${unread}, the log says ${derived}`)
      else if (listed < expected || (listed > expected && (more === 0 || listed > most)))
        addViolation(findings, `${unread}, the list says ${listed}`)
    }
    const byUser = Map.groupBy(rows, (row) => row.user_id)
    for (const [user, mine] of byUser) {
      const conversations = mine.map((row) => row.conversation_id)
      const listed = await unreadIn({ cassandra, redis }, user, conversations, marks.get(user) ?? new Map())
      await Promise.all(listed.map(({ conversation, unread }) => look(user, conversation, unread)))
    }
    return outcomeOf(findings)
  },
}
