import type { Audit } from '../../../core/audit.ts'
import type { JournalReader } from '../../../core/journal.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import { MESSAGE_EXPIRED } from '../fixed/gateway/expired.ts'
import { messageTimeOf, QUEUE_SECONDS } from '../ids.ts'
import { addressOf } from '../population.ts'
import { messagingStores } from '../stores.ts'
import { AROUND_MS } from './newcomers.ts'
import { receivedMessages, sentMessages } from './sent.ts'
import { allRows } from '../rows.ts'

const MEMBERS = { text: 'SELECT conversation_id, user_id FROM members', idempotent: true } as const
const DEVICES = { text: 'SELECT user_id, device_id, registered_at FROM devices', idempotent: true } as const

interface MemberRow {
  readonly conversation_id: string
  readonly user_id: bigint
}

interface DeviceRow {
  readonly user_id: bigint
  readonly device_id: number
  readonly registered_at: Date
}

interface KnownDevice {
  readonly address: string
  readonly registeredMs: number
}

function listed<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}

/** What devices never get, as gateways say, since they stayed away for too long: "device conversation message". */
async function expiredMessages(journal: JournalReader): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  for await (const { keys } of journal.entries(MESSAGE_EXPIRED))
    found.add(`${keys['device']} ${keys['conversation']} ${keys['message']}`)
  return found
}

/**
 * Every message that was acknowledged was decrypted by each device of each member, the sender's own other ones included,
 * exactly once, and by nobody else (defects.md, B.6; M-05, M-25, M-26). What a gateway says has expired before its device came
 * back is counted, and is not lost, where it is as old as that (MSG-06). @param queueSeconds what a message waits
 */
export const messagesReceivedWithin = (queueSeconds: number): Audit => ({
  name: 'messages.received',
  claims: ['MSG-04', 'MSG-06', 'MSG-20', 'MSG-21', 'MSG-22', 'MSG-26'],
  defects: ['M-02', 'M-05', 'M-08', 'M-25', 'M-26'],
  async run({ stores, journal }) {
    const { cassandra } = messagingStores(stores, 'fixed')
    const members = new Map<string, bigint[]>()
    for await (const row of allRows<MemberRow>(cassandra, MEMBERS))
      listed(members, row.conversation_id, row.user_id)
    const devices = new Map<bigint, KnownDevice[]>()
    for await (const row of allRows<DeviceRow>(cassandra, DEVICES))
      listed(devices, row.user_id, {
        address: addressOf({ user: row.user_id, device: row.device_id }),
        registeredMs: row.registered_at.getTime(),
      })
    const received = new Map<string, Map<string, number>>()
    for await (const { key, device } of receivedMessages(journal)) {
      const counts = received.get(key) ?? new Map<string, number>()
      received.set(key, counts)
      counts.set(device, (counts.get(device) ?? 0) + 1)
    }
    const expired = await expiredMessages(journal)
    let gone = 0
    const findings = newFindings()
    for await (const sent of sentMessages(journal)) {
      const { key, conversation, device, message } = sent
      const counts = received.get(key) ?? new Map<string, number>()
      received.delete(key)
      for (const [at, times] of counts)
        if (times > 1) addViolation(findings, `message ${key} was shown ${times} times by ${at}`)
      // Without an answer it may have reached some, or all, or nobody.
      if (message === undefined) continue
      const { ms } = messageTimeOf(BigInt(message))
      const users = sent.members ?? members.get(conversation) ?? []
      const expected = users.flatMap((user) => devices.get(user) ?? [])
      const addresses = new Set(expected.map(({ address }) => address))
      for (const { address, registeredMs } of expected) {
        if (address === device || registeredMs > ms - AROUND_MS) continue
        findings.checked += 1
        const isCounted = expired.has(`${address} ${conversation} ${message}`)
        if (isCounted && ms + queueSeconds * 1_000 > Date.now())
          addViolation(
            findings,
            `message ${key} (${message}) is said to have expired for ${address}, and is too new`,
          )
        else if (isCounted && !counts.has(address)) gone += 1
        else if (!counts.has(address))
          addViolation(findings, `message ${key} (${message}) never reached ${address}`)
      }
      for (const at of counts.keys())
        if (!addresses.has(at)) addViolation(findings, `message ${key} reached ${at}, which is no member's`)
    }
    for (const [key, counts] of received)
      addViolation(findings, `message ${key} reached ${counts.size} devices, and nobody sent it`)
    return outcomeOf(findings, `${gone} expired before their devices came back`)
  },
})

/** The same of a run, in which a message waits for thirty days. */
export const messagesReceived: Audit = messagesReceivedWithin(QUEUE_SECONDS)
