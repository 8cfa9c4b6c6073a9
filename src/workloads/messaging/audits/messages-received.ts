import type { Audit } from '../../../core/workload.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import { addressOf } from '../population.ts'
import { messagingStores } from '../stores.ts'
import { receivedMessages, sentMessages } from './sent.ts'
import { allRows } from './tables.ts'

const MEMBERS = { text: 'SELECT conversation_id, user_id FROM members', idempotent: true } as const
const DEVICES = { text: 'SELECT user_id, device_id FROM devices', idempotent: true } as const

interface MemberRow {
  readonly conversation_id: string
  readonly user_id: bigint
}

interface DeviceRow {
  readonly user_id: bigint
  readonly device_id: number
}

function listed<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}

/**
 * Every message that was acknowledged was decrypted by each device of each member, the sender's own other ones included,
 * exactly once (defects.md, B.6; M-05, M-25).
 */
export const messagesReceived: Audit = {
  name: 'messages.received',
  claims: ['MSG-04', 'MSG-06', 'MSG-20', 'MSG-21', 'MSG-22', 'MSG-26'],
  defects: ['M-02', 'M-05', 'M-08', 'M-25'],
  async run({ stores, journal }) {
    const { cassandra } = messagingStores(stores, 'fixed')
    const members = new Map<string, bigint[]>()
    for await (const row of allRows<MemberRow>(cassandra, MEMBERS))
      listed(members, row.conversation_id, row.user_id)
    const devices = new Map<bigint, string[]>()
    for await (const row of allRows<DeviceRow>(cassandra, DEVICES))
      listed(devices, row.user_id, addressOf({ user: row.user_id, device: row.device_id }))
    const received = new Map<string, Map<string, number>>()
    for await (const { key, device } of receivedMessages(journal)) {
      const counts = received.get(key) ?? new Map<string, number>()
      received.set(key, counts)
      counts.set(device, (counts.get(device) ?? 0) + 1)
    }
    const findings = newFindings()
    for await (const { key, conversation, device, message } of sentMessages(journal)) {
      const counts = received.get(key)
      received.delete(key)
      for (const [at, times] of counts ?? [])
        if (times > 1) addViolation(findings, `message ${key} was shown ${times} times by ${at}`)
      // Without an answer it may have reached some, or all, or nobody.
      if (message === undefined) continue
      const expected = (members.get(conversation) ?? []).flatMap((user) => devices.get(user) ?? [])
      for (const to of expected) {
        if (to === device) continue
        findings.checked += 1
        if (!counts?.has(to)) addViolation(findings, `message ${key} (${message}) never reached ${to}`)
      }
      for (const at of counts?.keys() ?? [])
        if (!expected.includes(at))
          addViolation(findings, `message ${key} reached ${at}, which is no member's`)
    }
    for (const [key, counts] of received)
      addViolation(findings, `message ${key} reached ${counts.size} devices, and nobody sent it`)
    return outcomeOf(findings)
  },
}
