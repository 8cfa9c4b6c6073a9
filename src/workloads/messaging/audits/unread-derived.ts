import type { JournalReader } from '../../../core/journal.ts'
import type { Audit } from '../../../core/audit.ts'
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

/**
 * What the list says is unread is what others said behind the user's mark, a hundred at most, and so is what the log's
 * buckets alone give (M-04, MSG-25).
 */
export const unreadDerived: Audit = {
  name: 'unread.derived',
  claims: ['MSG-14', 'MSG-25'],
  defects: ['M-04'],
  async run({ stores, journal }) {
    const { cassandra, redis } = messagingStores(stores, 'fixed')
    const open = await unanswered(journal)
    const said = new Map<string, MessageRow[]>()
    for await (const row of allRows<MessageRow>(cassandra, MESSAGES)) {
      const messages = said.get(row.conversation_id)
      if (messages === undefined) said.set(row.conversation_id, [row])
      else messages.push(row)
    }
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
      if (derived !== expected) addViolation(findings, `${unread}, the log says ${derived}`)
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
