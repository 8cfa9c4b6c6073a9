import type { Stores } from '../../../core/store.ts'
import type { RoleHost, RunningRole } from '../../../core/workload.ts'
import type { StrategyChoice } from '../../../core/strategy.ts'
import type { Population } from '../../../core/population.ts'
import { loopUntil } from '../../../patterns/role-loop.ts'
import { queueBucketAt } from '../ids.ts'
import type { MessagingStores } from '../stores.ts'
import { messagingStores } from '../stores.ts'
import { parseAddress } from './gateway/keys.ts'
import { NAMES } from './gateway/names.ts'
import { leaveToStore, waitingEntries } from './gateway/scripts.ts'
import { DELETE_QUEUE_RANGE, INSERT_QUEUE, INSERT_QUEUE_INDEX } from './gateway/statements.ts'

/** What a device has not fetched within it is moved: most come back sooner (C-22). */
const PERSIST_AFTER_MS = 20_000
/** Devices that are looked at together, and entries of one of them that are one write. */
const DEVICES = 20
const PAGE = 100
const IDLE_MS = 1_000

/** Moves one page of a device's queue to the store. @returns whether there is more */
async function movePage({ cassandra, redis }: MessagingStores, address: string): Promise<boolean> {
  const [epoch, reply] = await redis.wave([
    ['get', NAMES.epoch],
    redis.call(waitingEntries, [NAMES.queue(address)], [0, PAGE]),
  ])
  const found = Array.isArray(reply) ? reply.map(String) : []
  const { user, device } = parseAddress(address)
  const bucket = queueBucketAt(Date.now())
  const writes = []
  const first = Number(found[1] ?? 0)
  let last = 0
  for (let index = 0; index < found.length; index += 3) {
    last = Number(found[index + 1])
    const payload = found[index + 2] ?? ''
    // What has run out there is in the log: the gateway reads it from where it is.
    if (payload === '') return false
    writes.push({
      statement: INSERT_QUEUE,
      values: [user, device, bucket, BigInt(last), found[index] ?? '', payload],
    })
  }
  if (writes.length > 0) {
    await cassandra.query(INSERT_QUEUE_INDEX, [user, device, bucket])
    await cassandra.batch(writes)
  }
  const [left] = await redis.wave([
    redis.call(
      leaveToStore,
      [NAMES.route(address), NAMES.queue(address), NAMES.waiting, NAMES.epoch],
      [last, address, String(epoch ?? '')],
    ),
  ])
  // It came back and is sent them from Redis, or another queue was made meanwhile: they must not wait for it here as well.
  if (Number(left) < 0 && writes.length > 0)
    await cassandra.query(DELETE_QUEUE_RANGE, [user, device, bucket, BigInt(first), BigInt(last)])
  return Number(left) > 0
}

/**
 * Moves what waits longer than `afterMs` milliseconds, the oldest first. @returns how long to wait before the next look,
 * in milliseconds @throws OperationFailure
 */
export async function persistWaiting(stores: MessagingStores, afterMs: number): Promise<number> {
  const [oldest] = await stores.redis.wave([
    ['zrangebyscore', NAMES.waiting, '-inf', Date.now() - afterMs, 'limit', 0, DEVICES],
  ])
  const addresses = Array.isArray(oldest) ? oldest.map(String) : []
  for (const address of addresses) while (await movePage(stores, address));
  return addresses.length === DEVICES ? 0 : IDLE_MS
}

/**
 * Role `persister`: queues of devices that stay away are moved from Redis to the store, a page of one device a write,
 * whose partition goes as a whole once it was taken (M-08). A device that comes back in between finds them in both.
 */
export function startPersister(
  stores: Stores,
  _population: Population,
  _choice: StrategyChoice,
  host: RoleHost,
): Promise<RunningRole> {
  const own = messagingStores(stores, 'fixed')
  const stopping = new AbortController()
  const signal = AbortSignal.any([host.signal, stopping.signal])
  const done = loopUntil(
    signal,
    () => Promise.resolve(own),
    (stores) => persistWaiting(stores, PERSIST_AFTER_MS),
  )
  return Promise.resolve({
    drained: () => Promise.resolve(true),
    async close() {
      stopping.abort()
      await done
    },
  })
}
