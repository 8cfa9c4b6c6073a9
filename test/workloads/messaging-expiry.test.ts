// Messages whose devices stay away for longer than messages wait (MSG-06). Nobody waits thirty days: what is moved is kept for
// a second, and the gateway that a device comes back to takes any message for old enough.
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { messagesReceivedWithin } from '../../src/workloads/messaging/audits/messages-received.ts'
import { witnessExpired } from '../../src/workloads/messaging/fixed/gateway/expired.ts'
import { NAMES } from '../../src/workloads/messaging/fixed/gateway/names.ts'
import { openGateway } from '../../src/workloads/messaging/fixed/gateway/role.ts'
import { persistWaiting } from '../../src/workloads/messaging/fixed/persister.ts'
import { eventually } from '../helpers/context.ts'
import { openMessaging } from '../helpers/messaging.ts'
import type { WitnessLine } from '../helpers/messaging.ts'
import { newRawDevice } from '../helpers/messaging-raw.ts'
import type { RawDevice } from '../helpers/messaging-raw.ts'
import { journalOf } from '../helpers/social-data.ts'

// The stores start first, on a machine that others may share.
t.setTimeout(600_000)

const messaging = await openMessaging()
const { own, stores, gateways } = messaging
const { cassandra, redis } = own
const [here = 0] = gateways.map(({ port }) => port)
const expired: WitnessLine[] = []
const late = await openGateway({
  name: 'gateway-late',
  stores,
  behindMs: 0,
  coalescing: 'on',
  queueSeconds: 0,
  expired: witnessExpired({ witness: (operation, keys) => void expired.push({ operation, keys }) }),
})
t.teardown(() => late.close())

let lastUser = 9_000n

async function twoOf(): Promise<{ conversation: string; writer: RawDevice; reader: RawDevice }> {
  const writer = await newRawDevice(own, (lastUser += 1n))
  const reader = await newRawDevice(own, (lastUser += 1n))
  await writer.connect(here)
  const { conversation } = await writer.ask('group', { key: randomUUID(), users: [reader.user] })
  return { conversation, writer, reader }
}

/** Moves all that waits to the store, for so many seconds. */
async function moveAll(seconds?: number): Promise<void> {
  while ((await redis.wave([['zcard', 'waiting']]))[0] !== 0) await persistWaiting(own, -1_000, seconds)
}

/** How many rows of a table are about a device. */
async function rowsIn(table: string, { user }: RawDevice): Promise<number> {
  const text = `SELECT user_id FROM ${table} WHERE user_id = ? ALLOW FILTERING`
  return (await cassandra.query({ text, idempotent: true }, [BigInt(user)])).length
}

async function connected(device: RawDevice, port: number): Promise<void> {
  await device.connect(port)
  await eventually(() => device.isDrained())
}

async function sayAll(writer: RawDevice, conversation: string, words: readonly string[]): Promise<string[]> {
  const said: string[] = []
  for (const each of words) said.push((await writer.say(conversation, each)).message)
  return said
}

t.test(
  'what has expired before its device came back is counted by its name, once it is gone, and the rest comes in order',
  async (t) => {
    const { conversation, writer, reader } = await twoOf()
    const sent = await sayAll(writer, conversation, ['lost 0', 'lost 1'])
    const key = Buffer.from('a key')
    const asked = { conversation, addresses: [reader.address], lengths: [key.length] }
    await writer.ask('keys', asked, key)
    sent.push(...(await sayAll(writer, conversation, ['lost 2'])))
    await moveAll(1)
    await eventually(async () => (await rowsIn('device_queue', reader)) === 0)
    t.equal(await rowsIn('device_queue_names', reader), 4)
    await sayAll(writer, conversation, ['in the store'])
    await moveAll()
    await sayAll(writer, conversation, ['in Redis'])
    expired.length = 0
    await connected(reader, late.port)
    t.same(reader.texts(), ['a key', 'in the store', 'in Redis'], 'a key waits for longer')
    t.same(
      expired,
      sent.map((message) => ({
        operation: 'message.expired',
        keys: { device: reader.address, conversation, message },
      })),
    )
    reader.take()
    await eventually(async () => (await rowsIn('device_queue_names', reader)) === 0)
    t.equal(await rowsIn('device_queue', reader), 0)
    reader.leave()
    await connected(reader, late.port)
    t.same(reader.texts(), [])
    t.equal(expired.length, 3, 'and not again')
  },
)

t.test('of a device all of whose messages have expired nothing is left in the store', async (t) => {
  const { conversation, writer, reader } = await twoOf()
  await sayAll(writer, conversation, ['lost'])
  await moveAll(1)
  await eventually(async () => (await rowsIn('device_queue', reader)) === 0)
  expired.length = 0
  await connected(reader, late.port)
  t.same([reader.texts(), expired.length], [[], 1])
  await eventually(async () => (await rowsIn('device_queue_names', reader)) === 0)
})

t.test('a queue that is made anew from the log has what waits, and not what has expired', async (t) => {
  const { conversation, writer, reader } = await twoOf()
  const sent = await sayAll(writer, conversation, ['old 0', 'old 1'])
  const lose = () => redis.wave([['del', NAMES.built(reader.address), NAMES.queue(reader.address)]])
  await lose()
  expired.length = 0
  await connected(reader, late.port)
  t.same(
    [reader.texts(), expired.map(({ keys }) => keys['message'])],
    [[], sent],
    'by a gateway for which they are old',
  )
  reader.leave()
  await lose()
  await connected(reader, here)
  t.same(reader.texts(), ['old 0', 'old 1'], 'by one for which they are not')
})

t.test('an audit tells what has expired from what is lost, and from what cannot have expired', async (t) => {
  const { conversation, writer, reader } = await twoOf()
  const [message = ''] = await sayAll(writer, conversation, ['word'])
  const text = 'UPDATE devices SET registered_at = 1000 WHERE user_id = ? AND device_id = 1'
  for (const { user } of [writer, reader]) await cassandra.query({ text, idempotent: true }, [BigInt(user)])
  const keys = { key: randomUUID(), device: writer.address, conversation, kind: 'text' }
  const said = { operation: 'message.send', keys, result: { message } }
  const gone = { operation: 'message.expired', keys: { device: reader.address, conversation, message } }
  const audit = (lines: Parameters<typeof journalOf>[0], seconds: number) =>
    messagesReceivedWithin(seconds).run({
      stores,
      population: { seed: 1, size: 12 },
      choice: {},
      journal: journalOf(lines),
      seed: 1,
      profile: 'steady',
    })
  t.match(await audit([said, gone], 0), {
    state: 'held',
    checked: 1,
    note: '1 expired before their devices came back',
  })
  t.match(await audit([said], 0), { state: 'violated', violations: 1, examples: [/never reached/] })
  t.match(await audit([said, gone], 3_600), { state: 'violated', violations: 1, examples: [/too new/] })
})
