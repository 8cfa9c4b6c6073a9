import { OperationFailure } from '../../../../core/errors.ts'
import { encodeFrame } from '../../protocol/frame.ts'
import type { Pushed } from '../../protocol/answers.ts'
import { bucketOf } from '../../ids.ts'
import type { DeviceAddress } from '../../population.ts'
import { addressOf } from '../../population.ts'
import { deliver, keyEntry, parseEntry, parsePart } from './entries.ts'
import type { EntryName, Part, Payload } from './entries.ts'
import type { Gateway, Session } from './gateway.ts'
import { NAMES } from './names.ts'
import { keysFor } from './rebuild.ts'
import { waitingEntries } from './scripts.ts'
import { SELECT_MESSAGE } from './statements.ts'

/** Entries that are asked for at a time, and that a device may have before it must take some. */
const PAGE = 100
/** A device that does not take what it is sent is sent no more: it waits in its queue. */
const MOST_UNCONFIRMED = 400

/** Tells a device something that nobody asked for and that is not kept. */
export function tell(session: Session, pushed: Pushed): void {
  session.socket.send(encodeFrame(pushed))
}

interface MessageRow {
  readonly sender_id: bigint
  readonly sender_device: number
  readonly envelope: Uint8Array
}

/** What an entry holds whose copy in Redis has run out: message and key are in the store. */
async function storedPayload(
  gateway: Gateway,
  session: Session,
  name: EntryName,
): Promise<Payload | undefined> {
  if (name.kind === 'key') {
    const waiting = await keysFor(gateway, session)
    const found = waiting.find(([entry]) => entry.startsWith(`${keyEntry(name.key)}#`))
    return found === undefined ? undefined : (JSON.parse(found[1]) as Payload)
  }
  const { conversation, message } = name
  const [row] = await gateway.cassandra.query<MessageRow>(SELECT_MESSAGE, [
    conversation,
    bucketOf(message),
    message,
  ])
  if (row === undefined) return undefined
  const from: DeviceAddress = { user: row.sender_id, device: row.sender_device }
  return {
    kind: 'message',
    from: addressOf(from),
    envelope: Buffer.from(row.envelope).toString('base64'),
  }
}

/** Sends an entry, and remembers that it has not been taken yet. */
export function sendEntry(
  session: Session,
  name: EntryName,
  payload: Payload,
  position: number,
  part: Part,
): void {
  const { frame, unconfirmed } = deliver(name, payload, position, part)
  session.unconfirmed.push(unconfirmed)
  session.sent = position
  session.socket.send(frame)
}

/** Resolves once the device has taken enough that more may be sent; false when it is gone. */
export async function roomFor(session: Session, most: number): Promise<boolean> {
  while (session.unconfirmed.length > most) {
    if (session.socket.readyState !== session.socket.OPEN) return false
    await new Promise<void>((resolve) => {
      session.onTaken = resolve
    })
  }
  return session.socket.readyState === session.socket.OPEN
}

async function sendWaiting(gateway: Gateway, session: Session): Promise<void> {
  for (;;) {
    if (!(await roomFor(session, PAGE))) return
    const [reply] = await gateway.redis.wave([
      gateway.redis.call(waitingEntries, [NAMES.queue(session.address)], [session.sent, PAGE]),
    ])
    const found = Array.isArray(reply) ? reply.map(String) : []
    for (let index = 0; index < found.length; index += 3) {
      const [entry = '', part = ''] = (found[index] ?? '').split('#')
      const name = parseEntry(entry)
      const position = Number(found[index + 1])
      const text = found[index + 2] ?? ''
      const payload =
        text === '' ? await storedPayload(gateway, session, name) : (JSON.parse(text) as Payload)
      // Of what has been taken before there is nothing left.
      if (payload === undefined) session.sent = position
      else sendEntry(session, name, payload, position, parsePart(part))
    }
    // What was told while this was asked is in the queue, behind what was found.
    if (found.length === 0 && session.told <= session.sent) return
  }
}

/**
 * Sends what waits for a device, page by page as it takes it, until it is up to date. A store that cannot be asked
 * closes the socket: the device comes back.
 */
export async function drain(gateway: Gateway, session: Session): Promise<void> {
  session.isDraining = true
  try {
    await sendWaiting(gateway, session)
  } catch (error) {
    if (!(error instanceof OperationFailure)) throw error
    session.socket.close(1013, 'try again later')
  } finally {
    session.isDraining = false
  }
}

/** Runs `drain` without waiting for it. */
export function drainSoon(gateway: Gateway, session: Session): void {
  drain(gateway, session).catch((error: unknown) => {
    console.error(error)
    session.socket.terminate()
  })
}

/**
 * An entry was put into queues of devices that are connected here: `entry`, a list of "device position part", payload,
 * each on a line. It is sent where nothing is missing before it; where something is, the queue is asked.
 */
export function onEntry(gateway: Gateway, message: string): void {
  const first = message.indexOf('\n')
  const second = message.indexOf('\n', first + 1)
  const name = parseEntry(message.slice(0, first))
  const payload = JSON.parse(message.slice(second + 1)) as Payload
  for (const told of message.slice(first + 1, second).split(',')) {
    const [address = '', position = '', part = ''] = told.split(' ')
    const session = gateway.sessions.get(address)
    if (session === undefined) continue
    const at = Number(position)
    session.told = Math.max(session.told, at)
    if (session.isDraining || at <= session.sent) continue
    if (at === session.sent + 1 && session.unconfirmed.length < MOST_UNCONFIRMED)
      sendEntry(session, name, payload, at, parsePart(part))
    else drainSoon(gateway, session)
  }
}
