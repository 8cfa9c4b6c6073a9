import type { Audit, AuditContext, AuditOutcome } from '../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import type { CassandraStatement } from '../../../stores/cassandra/client.ts'
import { messageTimeOf } from '../ids.ts'
import { addressOf } from '../population.ts'
import { messagingStores } from '../stores.ts'
import { newcomersIn } from './newcomers.ts'
import { receivedMessages, sentMessages } from './sent.ts'
import type { SentMessage } from './sent.ts'
import { allRows } from '../rows.ts'

const MESSAGES = {
  text: 'SELECT conversation_id, message_id, sender_id, sender_device FROM messages',
  idempotent: true,
} as const

const WITH_ENVELOPES = {
  text: 'SELECT conversation_id, message_id, sender_id, sender_device, envelope FROM messages',
  idempotent: true,
} as const

interface MessageRow {
  readonly conversation_id: string
  readonly message_id: bigint
  readonly sender_id: bigint
  readonly sender_device: number
  readonly envelope?: Uint8Array | null
}

/** A message of the log: whose it is, and whether there is more of it than its name. */
interface Logged {
  readonly sender: string
  readonly isWhole: boolean
}

/** What is in the log, by "conversation message". */
async function readLog(
  { stores }: AuditContext,
  statement: CassandraStatement,
): Promise<Map<string, Logged>> {
  const { cassandra } = messagingStores(stores, 'fixed')
  const logged = new Map<string, Logged>()
  for await (const row of allRows<MessageRow>(cassandra, statement))
    logged.set(`${row.conversation_id} ${row.message_id}`, {
      sender: addressOf({ user: row.sender_id, device: row.sender_device }),
      isWhole: (row.envelope?.length ?? 0) > 0,
    })
  return logged
}

/** On how many devices each message was shown, by its key. */
async function shownBy({ journal }: AuditContext): Promise<ReadonlyMap<string, number>> {
  const devices = new Map<string, Set<string>>()
  for await (const { key, device } of receivedMessages(journal))
    devices.set(key, (devices.get(key) ?? new Set<string>()).add(device))
  return new Map([...devices].map(([key, set]) => [key, set.size]))
}

/** What is wrong with a message that was acknowledged; undefined where nothing is. @param logged what the log has of it */
type Judge = (sent: SentMessage, name: string, logged: Logged | undefined) => string | undefined

const judgeHistory: Judge = ({ key, device }, name, logged) => {
  if (logged === undefined) return `message ${key} was acknowledged as ${name} and is not in the log`
  return logged.sender === device
    ? undefined
    : `message ${name} of ${device} is ${logged.sender}'s in the log`
}

/**
 * Where the server only forwards, what is not in the log any more is on each device that it was sent to, and what is there still
 * with its envelope is not (M-18). @param shown on how many devices each is, by its key @param hasNewcomer whether a device of a
 * member was registered around a moment
 */
function judgeForwarded(
  shown: ReadonlyMap<string, number>,
  hasNewcomer: (conversation: string, ms: number) => boolean,
): Judge {
  return (sent, name, logged) => {
    const { key, recipients } = sent
    if (logged !== undefined && logged.sender !== sent.device) return judgeHistory(sent, name, logged)
    const has = shown.get(key) ?? 0
    // Of what is said to nobody, nobody says that he has it: it goes by its age.
    if (recipients === undefined || recipients === 0) return undefined
    if (logged?.isWhole !== true && has < recipients)
      return `message ${key} was dropped from the log, and ${has} of ${recipients} devices have it`
    const { ms } = messageTimeOf(BigInt(sent.message ?? 0))
    // One that came meanwhile may be waited for.
    if (logged?.isWhole === true && has >= recipients && !hasNewcomer(sent.conversation, ms))
      return `message ${name} is in the log still, and all ${recipients} devices have it`
    return undefined
  }
}

async function run(context: AuditContext): Promise<AuditOutcome> {
  const isForwarding = context.choice['retention'] === 'forward-only'
  const stored = await readLog(context, isForwarding ? WITH_ENVELOPES : MESSAGES)
  const { cassandra } = messagingStores(context.stores, 'fixed')
  const judge = isForwarding
    ? judgeForwarded(await shownBy(context), await newcomersIn(cassandra))
    : judgeHistory
  const findings = newFindings()
  const left = stored.size
  let unknown = 0
  for await (const sent of sentMessages(context.journal)) {
    if (sent.message === undefined) {
      unknown += 1
      continue
    }
    findings.checked += 1
    const name = `${sent.conversation} ${sent.message}`
    const wrong = judge(sent, name, stored.get(name))
    stored.delete(name)
    if (wrong !== undefined) addViolation(findings, wrong)
  }
  if (stored.size > unknown)
    addViolation(
      findings,
      `${stored.size} messages are in the log that nobody was told of, and only ${unknown} had no answer`,
    )
  const note = `${unknown} without an answer, of which ${stored.size} are in the log`
  return outcomeOf(findings, isForwarding ? `${note}; ${left} of all are left there` : note)
}

/**
 * Every message that was acknowledged is in the log once, by who sent it; of those without an answer each is there or
 * not; and nothing that nobody sent (M-02, MSG-07). Where the server only forwards: until all devices have it (M-18).
 */
export const messagesStored: Audit = {
  name: 'messages.stored',
  claims: ['MSG-07', 'MSG-18', 'MSG-20', 'MSG-21'],
  defects: ['M-02', 'M-18'],
  run,
}
