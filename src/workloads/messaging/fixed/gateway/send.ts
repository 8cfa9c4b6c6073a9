import { OperationFailure } from '../../../../core/errors.ts'
import { EPOCH_MS } from '../../../../core/snowflake.ts'
import type { DeviceAddress } from '../../population.ts'
import { bucketOf, messageIdOf, messageTimeOf, partOf, timeInNextBucket } from '../../ids.ts'
import type { Answers } from '../../protocol/answers.ts'
import type { RequestOf } from '../../protocol/requests.ts'
import { bucketsWithin, newestOf } from './buckets.ts'
import { idOfTime, timeText } from './entries.ts'
import type { MessagePayload } from './entries.ts'
import { forwardedId, storeToForward } from './forward.ts'
import type { Gateway, Session } from './gateway.ts'
import { NAMES, takeMessageKeys } from './names.ts'
import { Refused } from './refused.ts'
import { serveNext, takeMessage } from './scripts.ts'
import { INSERT_BUCKET, INSERT_MESSAGE, SELECT_KEYS } from './statements.ts'

/** How long Redis knows a message by its key: after that the log is asked. */
const KEY_SECONDS = 600
/** How long a device may send the same message again: it does not know whether it was taken, and the log is read so far. */
const AGAIN_MS = 86_400_000
/** How long an entry is held beside the queue: one that waits longer is read from the store. */
export const ENTRY_SECONDS = 600
const ATTEMPTS = 5

interface Take {
  readonly session: Session
  readonly ask: RequestOf<'send'>
  readonly payload: string
  readonly state: string
  readonly devices: readonly string[]
}

interface Taken {
  readonly answer: string
  readonly text: string
  /** Where devices are many: up to which part of the conversation they are to be served. */
  readonly parts: number
  /** What Redis held when it was put into queues, by its name. */
  readonly epoch: string
}

async function take(
  { redis, now, bucketMessages }: Gateway,
  { session, ask, payload, state, devices }: Take,
  floor: string,
  mayBeAgain: boolean,
  known: string,
): Promise<Taken> {
  const { conversation, key } = ask
  const [reply] = await redis.wave([
    redis.call(takeMessage, takeMessageKeys(session.address, key, conversation), [
      state,
      now(),
      floor,
      mayBeAgain ? 1 : 0,
      known,
      KEY_SECONDS,
      ENTRY_SECONDS,
      conversation,
      payload,
      session.device.user.toString(),
      bucketMessages,
      ...devices,
    ]),
  ])
  const [answer, text, parts, epoch] = Array.isArray(reply) ? reply : []
  return { answer: String(answer), text: String(text), parts: Number(parts ?? 0), epoch: String(epoch) }
}

/** Serves the parts of a message to many devices, and those before it. Answers in how many round trips. */
async function serve({ redis, now }: Gateway, conversation: string, parts: number): Promise<number> {
  const names = [NAMES.parts(conversation), NAMES.served(conversation)]
  let trips = 0
  for (let served = -1, before = -2; served < parts && served !== before; trips += 1) {
    before = served
    const [reply] = await redis.wave([redis.call(serveNext, names, [now()])])
    served = Number(reply)
  }
  return trips
}

/** In less than it Redis is not lost, begun anew and asked by a device that came back: what takes longer is looked after. */
const SOON_MS = 200

/**
 * Whether the queues that a message was put into are still there. A gateway that has stalled may not know yet that they are
 * not: devices have made theirs anew from a log in which the message was not. Answers in how many round trips.
 */
async function requireQueues(
  gateway: Gateway,
  since: { readonly losses: number; readonly atMs: number },
  epoch: string,
): Promise<number> {
  const isSoon = performance.now() - since.atMs < SOON_MS
  const [now] = isSoon ? [epoch] : await gateway.redis.wave([['get', NAMES.epoch]])
  // They are filled when the device sends again.
  if (gateway.losses() !== since.losses || now !== epoch)
    throw new OperationFailure('unavailable', 'the queues were lost')
  return isSoon ? 0 : 1
}

/** Clocks of gateways may differ by half of it. */
const AHEAD_MS = 1_000

/**
 * Behind what the next message of a conversation comes that Redis does not know. Where it knew it once, ids may have been
 * given that the store has not seen: the next one is ahead of any clock that gave them (M-10). How full its bucket is is not
 * known either: the next one begins another.
 */
async function floorOf(gateway: Gateway, conversation: string): Promise<string> {
  const newest = await newestOf(gateway, conversation)
  if (newest === undefined && gateway.losses() === 0) return timeText({ ms: EPOCH_MS, sequence: 0 })
  const known = newest === undefined ? EPOCH_MS : messageTimeOf(newest).ms + 1
  return timeText(timeInNextBucket(newest, Math.max(known, gateway.now() + AHEAD_MS)))
}

interface KeyRow {
  readonly message_id: bigint
  readonly sender_id: bigint
  readonly sender_device: number
  readonly client_key: string
}

const KEYS_PAGE = 2_000

/** What the log says of a key that Redis does not know: it may have been sent before Redis was lost, or hours ago. */
async function storedId(
  { cassandra, now, forwardsOnly }: Gateway,
  { user, device }: DeviceAddress,
  { conversation, key }: RequestOf<'send'>,
): Promise<string> {
  const forwarded = forwardsOnly ? await forwardedId({ cassandra }, { user, device }, key) : ''
  if (forwarded !== '') return forwarded
  const since = messageIdOf({ ms: now() - AGAIN_MS, sequence: 0 })
  for (const bucket of await bucketsWithin(cassandra, conversation, since, now() + AHEAD_MS)) {
    let state: string | undefined
    do {
      const page = await cassandra.page<KeyRow>(SELECT_KEYS, [conversation, bucket, since], {
        size: KEYS_PAGE,
        ...(state === undefined ? {} : { state }),
      })
      const found = page.rows.find(
        (row) => row.client_key === key && row.sender_id === user && row.sender_device === device,
      )
      if (found !== undefined) return timeText(messageTimeOf(found.message_id))
      state = page.next
    } while (state !== undefined)
  }
  return ''
}

/**
 * Keeps a message: one write, and one more for the first of a bucket; answers how many. Each may be run twice. A part that is
 * not the first of its ten days is in the index before any message is in it: whoever looks for one looks there.
 */
async function store(
  gateway: Gateway,
  { device: { user, device } }: Session,
  ask: RequestOf<'send'>,
  message: bigint,
  envelope: Buffer,
): Promise<number> {
  const { cassandra } = gateway
  const bucket = bucketOf(message)
  const { conversation, key } = ask
  const indexed = `${conversation} ${bucket}`
  const isIndexed = gateway.indexed.has(indexed)
  const index = isIndexed ? undefined : cassandra.query(INSERT_BUCKET, [conversation, bucket])
  if (partOf(bucket) > 0) await index
  const written = gateway.forwardsOnly
    ? storeToForward(gateway, { conversation, message, from: { user, device }, key, envelope })
    : cassandra.query(INSERT_MESSAGE, [conversation, bucket, message, user, device, key, envelope])
  await Promise.all([written, index])
  gateway.indexed.set(indexed, true)
  return (isIndexed ? 1 : 2) + (gateway.forwardsOnly ? 1 : 0)
}

/**
 * Takes a message: its place in the conversation and the queues of all its devices in one round trip, the store in
 * parallel with the push; it is acknowledged once both have happened (M-17). What is sent again with the same key is the
 * same message (M-02), and is written again, since the first time may have ended between the two.
 * @throws Refused, OperationFailure
 */
export async function sendMessage(
  gateway: Gateway,
  session: Session,
  ask: RequestOf<'send'>,
  envelope: Buffer,
): Promise<Answers['send']> {
  const since = { losses: gateway.losses(), atMs: performance.now() }
  const { conversation } = ask
  const membership = await gateway.memberships.of(conversation)
  if (!membership.users.has(session.device.user)) throw new Refused('not a member')
  if (membership.view !== ask.state) return { stale: membership.view }
  const devices = membership.devices.flatMap(({ address }) => (address === session.address ? [] : [address]))
  const payload: MessagePayload = {
    kind: 'message',
    from: session.address,
    envelope: envelope.toString('base64'),
  }
  const asked: Take = { session, ask, payload: JSON.stringify(payload), state: membership.state, devices }
  let floor = ''
  let known = ''
  let mayBeAgain = ask.again
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const { answer, text, parts, epoch } = await take(gateway, asked, floor, mayBeAgain, known)
    if (answer === 'stale') {
      gateway.memberships.forget(conversation)
      const { view } = await gateway.memberships.of(conversation)
      // The device looks at the members anew, and sends it to those who are in it now.
      return { stale: view }
    }
    if (answer === 'again') {
      known = await storedId(gateway, session.device, ask)
      mayBeAgain = false
    } else if (answer === 'cold') {
      floor = await floorOf(gateway, conversation)
    } else {
      const message = idOfTime(text)
      const [written, served] = await Promise.all([
        store(gateway, session, ask, message, envelope),
        parts === 0 ? 0 : serve(gateway, conversation, parts),
      ])
      const looked = await requireQueues(gateway, since, epoch)
      const cost = { redis: attempt + 1 + served + looked, cassandra: written }
      return { message: message.toString(), recipients: devices.length, cost }
    }
  }
  throw new OperationFailure('unavailable', `the conversation ${conversation} does not come to rest`)
}
