import { randomUUID } from 'node:crypto'
import t from 'tap'
import { formsOf } from '../../src/workloads/messaging/audits/plaintext-nowhere.ts'
import { CANARY, textOf } from '../../src/workloads/messaging/clients/plaintext.ts'
import { eventually } from '../helpers/context.ts'
import { cutDrains, PLACES } from '../helpers/faults/drains.ts'
import type { Place } from '../helpers/faults/drains.ts'
import { killGateway, killRedis } from '../helpers/faults/message-kills.ts'
import { harmOf } from '../helpers/faults/message-tally.ts'
import { filesHolding } from '../helpers/files-holding.ts'
import { signalStore } from '../helpers/kill.ts'
import { openMessaging } from '../helpers/messaging.ts'

// The stores start first, on a machine that others may share.
t.setTimeout(600_000)

const messaging = await openMessaging({ apart: true })
const { people, home } = messaging

const WHERE: Readonly<Record<Place, string>> = {
  redis: 'that waits in Redis',
  moved: 'that was moved to the store before',
  moving: 'that is moved to the store meanwhile',
}

for (const [round, place] of PLACES.entries())
  t.test(
    `a device that is cut off in the middle of what ${WHERE[place]} shows each message once, in order`,
    async (t) => {
      const tally = await cutDrains(messaging, { round, place, talks: 1, cuts: 2 })
      t.ok(tally.times > 0, `it was cut off ${tally.times} times before it had all`)
      t.same(harmOf(tally), [])
    },
  )

t.test(
  'Redis is killed while messages are sent: each that was acknowledged reaches each device once, in order',
  async (t) => t.same(harmOf(await killRedis(messaging)), []),
)

t.test(
  'a gateway is killed while messages are sent: devices go to the other one, and each message reaches each once, in order',
  async (t) => t.same(harmOf(await killGateway(messaging, 0)), []),
)

t.test(
  'gateways are killed just after a message was received and read: devices tell it again, and it is kept (M-06)',
  async (t) => {
    const id = people.conversationId(1)
    const [one = 0, other = 0] = people.membersOf(1)
    const reader = messaging.device(other)
    const { key, message } = await messaging.say(messaging.device(one), id)
    await eventually(() => messaging.shown(reader, id).includes(key))
    await reader.read(id, BigInt(message))
    for (const handle of messaging.processes) handle.kill()
    for (const index of messaging.processes.keys()) await messaging.startGateway(index)
    await eventually(async () => {
      await reader.arrive().catch(() => undefined)
      return reader.isOnline
    })
    await messaging.settled()
    const { receipts } = await reader.ask('receipts', { conversation: id })
    t.match(
      receipts.filter(({ address }) => address === reader.address),
      [{ delivered: message, read: message }],
    )
  },
)

t.test(
  'a message is shown while its write is held up, and acknowledged once it is on the disk (M-17)',
  async (t) => {
    const id = people.conversationId(0)
    const [one = 0, other = 0] = people.membersOf(0)
    const reader = messaging.device(other)
    // What both have to know of each other, keys and members, is known from then on.
    await messaging.say(messaging.device(one), id)
    const key = randomUUID()
    let isAcknowledged = false
    await signalStore(home, 'cassandra', 'SIGSTOP')
    const said = messaging.say(messaging.device(one), id, { key }).finally(() => {
      isAcknowledged = true
    })
    try {
      await eventually(() => messaging.shown(reader, id).includes(key))
      t.notOk(isAcknowledged, 'shown, and not acknowledged')
    } finally {
      await signalStore(home, 'cassandra', 'SIGCONT')
    }
    const { message } = await said
    const { messages } = await reader.ask('history', { conversation: id })
    t.equal(messages.find((each) => each.message === message)?.message, message, 'and is kept')
  },
)

t.test('what was said is in no file of a store or a gateway: log, commit log, dump (M-07)', async (t) => {
  const id = people.conversationId(2)
  const [one = 0, other = 0] = people.membersOf(2)
  await messaging.leave(messaging.device(other))
  const { key } = await messaging.say(messaging.device(one), id)
  // Its words in a home that others may have used: those behind the name that the sender gave it.
  const words = textOf(key).slice(CANARY.length + 1)
  const stored = Buffer.from(key.replaceAll('-', ''), 'hex')
  t.ok((await filesHolding(home, [stored])).length > 0, 'the name itself is in files that are looked at')
  t.same(await filesHolding(home, formsOf(words)), [])
})
