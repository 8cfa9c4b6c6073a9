import type { Audit } from '../../../core/workload.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import { MOST_UNREAD, unreadOf } from '../fixed/gateway/inbox.ts'
import { messagingStores } from '../stores.ts'
import { allRows } from '../rows.ts'

const MESSAGES = {
  text: 'SELECT conversation_id, message_id, sender_id FROM messages',
  idempotent: true,
} as const
const MARKS = {
  text: 'SELECT user_id, conversation_id, read_message_id FROM watermarks',
  idempotent: true,
} as const
const INBOX = { text: 'SELECT user_id, conversation_id FROM inbox', idempotent: true } as const
/** Inbox rows that are looked at, and how many at a time. */
const MOST_ROWS = 10_000
const TOGETHER = 64

interface MessageRow {
  readonly conversation_id: string
  readonly message_id: bigint
  readonly sender_id: bigint
}

interface InConversation {
  readonly user_id: bigint
  readonly conversation_id: string
}

/** What the list derives as unread is what others said behind the user's mark, a hundred at most (M-04, MSG-25). */
export const unreadDerived: Audit = {
  name: 'unread.derived',
  claims: ['MSG-14', 'MSG-25'],
  defects: ['M-04'],
  async run({ stores }) {
    const { cassandra } = messagingStores(stores, 'fixed')
    const said = new Map<string, MessageRow[]>()
    for await (const row of allRows<MessageRow>(cassandra, MESSAGES)) {
      const messages = said.get(row.conversation_id)
      if (messages === undefined) said.set(row.conversation_id, [row])
      else messages.push(row)
    }
    const marks = new Map<string, bigint>()
    for await (const row of allRows<{ readonly read_message_id: bigint } & InConversation>(cassandra, MARKS))
      marks.set(`${row.user_id} ${row.conversation_id}`, row.read_message_id)
    const rows: InConversation[] = []
    for await (const row of allRows<InConversation>(cassandra, INBOX)) {
      if (said.has(row.conversation_id)) rows.push(row)
      if (rows.length === MOST_ROWS) break
    }
    const findings = newFindings()
    const look = async ({ user_id: user, conversation_id: conversation }: InConversation): Promise<void> => {
      const mark = marks.get(`${user} ${conversation}`) ?? 0n
      const messages = said.get(conversation) ?? []
      const last = messages.reduce((newest, { message_id: id }) => (id > newest ? id : newest), 0n)
      const derived = last <= mark ? 0 : await unreadOf({ cassandra }, user, conversation, last, mark)
      const behind = messages.filter(({ message_id: id }) => id > mark)
      const ofOthers = behind.filter(({ sender_id: sender }) => sender !== user).length
      const expected = behind.length >= MOST_UNREAD ? MOST_UNREAD : ofOthers
      findings.checked += 1
      if (derived !== expected)
        addViolation(
          findings,
          `user ${user} has ${expected} unread messages in ${conversation}, the list says ${derived}`,
        )
    }
    for (let from = 0; from < rows.length; from += TOGETHER)
      await Promise.all(rows.slice(from, from + TOGETHER).map(look))
    return outcomeOf(findings)
  },
}
