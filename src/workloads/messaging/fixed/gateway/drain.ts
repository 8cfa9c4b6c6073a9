import { OperationFailure } from '../../../../core/errors.ts'
import { roomFor, sendEntry } from './deliver.ts'
import { parseEntry, parsePart } from './entries.ts'
import type { Payload } from './entries.ts'
import type { Gateway, Session } from './gateway.ts'
import { NAMES } from './names.ts'
import { sendPersisted } from './persisted.ts'
import { waitingEntries } from './scripts.ts'
import { storedPayload } from './stored-payload.ts'

/** Entries that are asked for at a time, and that a device may have before it must take some. */
const PAGE = 100
/** A device that does not take what it is sent is sent no more: it waits in its queue. */
const MOST_UNCONFIRMED = 400

interface Waiting {
  readonly entry: string
  readonly position: number
  /** As JSON; empty where it has run out. */
  readonly payload: string
}

/** What waits in Redis behind what was sent. Of another life of Redis nothing is sent: positions mean something else there. */
async function waitingPage({ redis }: Gateway, session: Session): Promise<readonly Waiting[]> {
  const names = [NAMES.queue(session.address), NAMES.epoch]
  const [reply] = await redis.wave([redis.call(waitingEntries, names, [session.sent, PAGE])])
  const [epoch, ...found] = Array.isArray(reply) ? reply.map(String) : []
  if (epoch !== session.epoch) throw new OperationFailure('unavailable', 'the queue was lost')
  return Array.from({ length: found.length / 3 }, (_, index) => ({
    entry: found[3 * index] ?? '',
    position: Number(found[3 * index + 1]),
    payload: found[3 * index + 2] ?? '',
  }))
}

async function sendPage(gateway: Gateway, session: Session, page: readonly Waiting[]): Promise<void> {
  for (const { entry, position, payload: text } of page) {
    const [head = '', part = ''] = entry.split('#')
    const name = parseEntry(head)
    const payload =
      text === '' ? await storedPayload(gateway, session.device, name) : (JSON.parse(text) as Payload)
    // Of what has been taken before there is nothing left.
    if (payload === undefined) session.sent = position
    else sendEntry(session, name, payload, position, parsePart(part))
  }
}

async function sendWaiting(gateway: Gateway, session: Session): Promise<void> {
  /** Behind which position the store was seen to have nothing. */
  let storedTo = -1
  for (;;) {
    if (!(await roomFor(session, PAGE))) return
    const { look } = session
    session.look = 'nowhere'
    if (look === 'store') {
      await sendPersisted(gateway, session)
      storedTo = session.sent
    }
    const page = await waitingPage(gateway, session)
    // What is missing before it may have been moved to the store, while the device was taken for away.
    if ((page[0]?.position ?? 0) > session.sent + 1 && storedTo !== session.sent) session.look = 'store'
    else await sendPage(gateway, session, page)
    // What was told while this was asked is in the queue, behind what was found.
    if (page.length === 0 && session.told <= session.sent && session.look === 'nowhere') return
  }
}

/**
 * Sends what waits for a device, page by page as it takes it, until it is up to date: where it is to look in the store, the
 * older there before the newer in Redis. A store that cannot be asked closes the socket: the device comes back.
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

/**
 * Something may have been put into a device's queue without being told: looks there, and in the store where it may have been
 * moved to. One that is being sent what waits is looked at behind that, since its older entries go first.
 */
export function lookAgain(gateway: Gateway, session: Session, where: 'queue' | 'store'): void {
  if (session.look !== 'store') session.look = where
  if (!session.isDraining) drainSoon(gateway, session)
}

/** Runs `drain` without waiting for it. */
function drainSoon(gateway: Gateway, session: Session): void {
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
