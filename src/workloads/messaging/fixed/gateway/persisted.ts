import { parseEntry, parsePart } from './entries.ts'
import type { Payload } from './entries.ts'
import { roomFor, sendEntry } from './deliver.ts'
import type { Gateway, Session } from './gateway.ts'
import { isOpen, queueBuckets } from './queue-buckets.ts'
import { SELECT_QUEUE } from './statements.ts'
import { dropPersisted } from './take-up.ts'

const PAGE = 100

interface QueueRow {
  readonly position: bigint
  readonly entry: string
  readonly payload: string
}

/**
 * Sends what was moved to the store while a device was away and was not sent yet, bucket by bucket, before what is still in
 * Redis: positions count on over both (M-08). @throws OperationFailure
 */
export async function sendPersisted(gateway: Gateway, session: Session): Promise<void> {
  const { user, device } = session.device
  for (const bucket of await queueBuckets(gateway.cassandra, session.device)) {
    const before = session.sent
    let rows: readonly QueueRow[]
    do {
      if (!(await roomFor(session, PAGE))) return
      rows = await gateway.cassandra.query<QueueRow>(SELECT_QUEUE, [
        user,
        device,
        bucket,
        BigInt(session.sent),
      ])
      for (const { position, entry, payload } of rows) {
        const [name = '', part = ''] = entry.split('#')
        sendEntry(
          session,
          parseEntry(name),
          JSON.parse(payload) as Payload,
          Number(position),
          parsePart(part),
        )
      }
    } while (rows.length === PAGE)
    // It was emptied before, and may be written to again.
    if (session.sent === before && isOpen(bucket, gateway.now())) continue
    session.persisted.push({ bucket, last: session.sent })
    // It may have taken all of it before it was known to be the last.
    if (session.unconfirmed.length === 0) dropPersisted(gateway, session, session.sent)
  }
}
