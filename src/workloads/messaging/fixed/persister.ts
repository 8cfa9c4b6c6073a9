import { OperationFailure } from '../../../core/errors.ts'
import type { Stores } from '../../../core/store.ts'
import type { RoleHost, RunningRole } from '../../../core/workload.ts'
import type { StrategyChoice } from '../../../core/strategy.ts'
import type { Population } from '../../../core/population.ts'
import { loopUntil } from '../../../patterns/role-loop.ts'
import { QUEUE_SECONDS, queueBucketAt } from '../ids.ts'
import type { DeviceAddress } from '../population.ts'
import type { MessagingStores } from '../stores.ts'
import { messagingStores } from '../stores.ts'
import { tombstoneWitness } from './tombstones.ts'
import { parseEntry } from './gateway/entries.ts'
import { parseAddress } from './gateway/keys.ts'
import { NAMES } from './gateway/names.ts'
import { deleteFromQueue } from './gateway/queue-buckets.ts'
import { leaveToStore, waitingEntries } from './gateway/scripts.ts'
import { storedPayload } from './gateway/stored-payload.ts'
import {
  DELETE_QUEUE_RANGE,
  INSERT_QUEUE,
  INSERT_QUEUE_INDEX,
  INSERT_QUEUE_NAME,
} from './gateway/statements.ts'

/** What a device has not fetched within it is moved: most come back sooner (C-22). */
const PERSIST_AFTER_MS = 20_000
/** Devices that are looked at together, and entries of one of them that are one write. */
const DEVICES = 20
const PAGE = 100
/** Characters of one write, by its last entry or less: what Cassandra takes at a time is bounded. */
const PAGE_BYTES = 2 ** 20
const IDLE_MS = 1_000

/** What became of a page: there is more, there is none, or it must not go yet. */
type Moved = 'more' | 'all' | 'kept'

/** Moves one page of a device's queue to the store, for so many seconds. @throws OperationFailure */
async function movePage(
  { cassandra, redis }: MessagingStores,
  address: string,
  queueSeconds: number,
): Promise<Moved> {
  const [reply] = await redis.wave([
    redis.call(waitingEntries, [NAMES.queue(address), NAMES.epoch], [0, PAGE]),
  ])
  const [epoch = '', ...found] = Array.isArray(reply) ? reply.map(String) : []
  const device = parseAddress(address)
  const bucket = queueBucketAt(Date.now())
  const key = [device.user, device.device, bucket] as const
  const writes = []
  const first = Number(found[1] ?? 0)
  let last = 0
  let bytes = 0
  for (let index = 0; index < found.length && bytes < PAGE_BYTES; index += 3) {
    const entry = found[index] ?? ''
    const position = BigInt(found[index + 1] ?? 0)
    const payload = found[index + 2] || (await payloadOf(cassandra, device, entry))
    last = Number(position)
    bytes += payload.length
    // Of what has been taken before there is nothing left.
    if (payload !== '')
      writes.push(
        { statement: INSERT_QUEUE, values: [...key, position, entry, payload, queueSeconds] },
        { statement: INSERT_QUEUE_NAME, values: [...key, position, entry] },
      )
  }
  if (writes.length > 0) {
    await cassandra.query(INSERT_QUEUE_INDEX, key)
    await cassandra.batch(writes)
  }
  const [left] = await redis.wave([
    redis.call(
      leaveToStore,
      [NAMES.route(address), NAMES.queue(address), NAMES.waiting, NAMES.epoch],
      [last, address, epoch],
    ),
  ])
  if (Number(left) >= 0) return Number(left) > 0 ? 'more' : 'all'
  // It came back and is sent them from Redis, or another queue was made meanwhile: they must not wait for it here as well.
  if (writes.length > 0)
    await deleteFromQueue(cassandra, DELETE_QUEUE_RANGE, [...key, BigInt(first), BigInt(last)])
  return 'kept'
}

/** What an entry holds whose copy in Redis has run out, as JSON; empty where it was taken before. */
async function payloadOf(
  cassandra: MessagingStores['cassandra'],
  device: DeviceAddress,
  entry: string,
): Promise<string> {
  const payload = await storedPayload({ cassandra }, device, parseEntry(entry.split('#')[0] ?? ''))
  return payload === undefined ? '' : JSON.stringify(payload)
}

/** Moves all that waits for a device. @returns whether it was moved: the store may refuse what it holds, or be too slow */
async function moveQueue(stores: MessagingStores, address: string, queueSeconds: number): Promise<boolean> {
  try {
    let moved: Moved = 'more'
    while (moved === 'more') moved = await movePage(stores, address, queueSeconds)
    return moved === 'all'
  } catch (error) {
    // Where nothing can be asked the others fare no better.
    if (!(error instanceof OperationFailure) || error.kind === 'unavailable') throw error
    return false
  }
}

/**
 * Moves what waits longer than `afterMs` milliseconds, the oldest first. A queue that cannot be moved stands behind the
 * others then, as if it waited since now. What is moved is kept for `queueSeconds`, and its name for longer. @returns how long to wait before the next look, in milliseconds
 * @throws OperationFailure
 */
export async function persistWaiting(
  stores: MessagingStores,
  afterMs: number,
  queueSeconds: number = QUEUE_SECONDS,
): Promise<number> {
  const { redis } = stores
  const [oldest] = await redis.wave([
    ['zrangebyscore', NAMES.waiting, '-inf', Date.now() - afterMs, 'limit', 0, DEVICES],
  ])
  const addresses = Array.isArray(oldest) ? oldest.map(String) : []
  let kept = 0
  for (const address of addresses) {
    if (await moveQueue(stores, address, queueSeconds)) continue
    await redis.wave([['zadd', NAMES.waiting, 'XX', Date.now(), address]])
    kept += 1
  }
  return addresses.length === DEVICES && kept === 0 ? 0 : IDLE_MS
}

/**
 * Role `persister`: queues of devices that stay away are moved from Redis to the store, a page of one device a write,
 * whose partition goes as a whole once it was taken (M-08). A device that comes back in between finds them in both. When the
 * run has drained it tells how many tombstones reads have met (M-15).
 */
export function startPersister(
  stores: Stores,
  _population: Population,
  _choice: StrategyChoice,
  host: RoleHost,
): Promise<RunningRole> {
  const own = messagingStores(stores, 'fixed')
  const tellTombstones = tombstoneWitness(own.server, host)
  const stopping = new AbortController()
  const signal = AbortSignal.any([host.signal, stopping.signal])
  const done = loopUntil(
    signal,
    () => Promise.resolve(own),
    (stores) => persistWaiting(stores, PERSIST_AFTER_MS),
  )
  return Promise.resolve({
    async drained() {
      await tellTombstones()
      return true
    },
    async close() {
      stopping.abort()
      await done
    },
  })
}
