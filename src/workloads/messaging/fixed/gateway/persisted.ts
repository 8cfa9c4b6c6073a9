import { mayHaveExpired } from '../../ids.ts'
import { parseEntry, parsePart } from './entries.ts'
import type { Payload } from './entries.ts'
import { expire } from './expired.ts'
import { roomFor, sendEntry } from './deliver.ts'
import type { Gateway, Session } from './gateway.ts'
import { isOpen, queueBuckets } from './queue-buckets.ts'
import { SELECT_QUEUE, SELECT_QUEUE_NAMES } from './statements.ts'
import { storedPayload } from './stored-payload.ts'
import { dropPersisted } from './take-up.ts'

const PAGE = 100

interface NameRow {
  readonly position: bigint
  readonly entry: string
}

interface QueueRow extends NameRow {
  readonly payload: string
}

/** The next of a bucket; `payload` is absent where it is there no more, and its name is. */
type Waiting = NameRow & Partial<QueueRow>

/** What follows in a bucket. Where it is so old that something may have expired, its names tell what. */
async function pageOf(gateway: Gateway, session: Session, bucket: number): Promise<readonly Waiting[]> {
  const { cassandra, queueSeconds, now } = gateway
  const { user, device } = session.device
  const values = [user, device, bucket, BigInt(session.sent)]
  const rows = await cassandra.query<QueueRow>(SELECT_QUEUE, values)
  if (!mayHaveExpired(bucket, now(), queueSeconds)) return rows
  const names = await cassandra.query<NameRow>(SELECT_QUEUE_NAMES, values)
  const kept = new Map(rows.map((row) => [row.position, row]))
  return names.map((name) => kept.get(name.position) ?? name)
}

/** Sends an entry. A key whose payload has gone is in the store by itself still; of a message that is counted. */
async function sendOne(gateway: Gateway, session: Session, waiting: Waiting): Promise<void> {
  const { entry, position, payload: text } = waiting
  const [head = '', part = ''] = entry.split('#')
  const name = parseEntry(head)
  if (text === undefined && expire(gateway, session, name)) {
    session.sent = Number(position)
    return
  }
  const payload =
    text === undefined ? await storedPayload(gateway, session.device, name) : (JSON.parse(text) as Payload)
  // Of what has been taken before there is nothing left.
  if (payload === undefined) session.sent = Number(position)
  else sendEntry(session, name, payload, Number(position), parsePart(part))
}

/**
 * Sends what was moved to the store while a device was away and was not sent yet, bucket by bucket, before what is still in
 * Redis: positions count on over both (M-08). What has expired there is counted (MSG-06). @throws OperationFailure
 */
export async function sendPersisted(gateway: Gateway, session: Session): Promise<void> {
  for (const bucket of await queueBuckets(gateway.cassandra, session.device)) {
    const before = session.sent
    let page: readonly Waiting[]
    do {
      if (!(await roomFor(session, PAGE))) return
      page = await pageOf(gateway, session, bucket)
      for (const each of page) await sendOne(gateway, session, each)
    } while (page.length === PAGE)
    // It was emptied before, and may be written to again.
    if (session.sent === before && isOpen(bucket, gateway.now())) continue
    session.persisted.push({ bucket, last: session.sent })
    // It may have taken all of it before it was known to be the last.
    if (session.unconfirmed.length === 0) dropPersisted(gateway, session, session.sent)
  }
}
