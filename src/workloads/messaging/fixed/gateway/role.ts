import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { LRUCache } from 'lru-cache'
import { WebSocketServer } from 'ws'
import { OperationFailure } from '../../../../core/errors.ts'
import type { Stores } from '../../../../core/store.ts'
import type { RoleHost, RunningRole } from '../../../../core/workload.ts'
import type { StrategyChoice } from '../../../../core/strategy.ts'
import type { Population } from '../../../../core/population.ts'
import { BUCKET_MESSAGES, QUEUE_SECONDS } from '../../ids.ts'
import { LARGEST_FRAME } from '../../protocol/frame.ts'
import { messagingStores } from '../../stores.ts'
import { openCleanups } from './cleanups.ts'
import { openComings } from './comings.ts'
import { serveConnection } from './connection.ts'
import type { Rejections } from './connection.ts'
import { lookAgain, onEntry } from './drain.ts'
import { onTold } from './ephemeral.ts'
import { followEpoch } from './epoch.ts'
import type { Epoch } from './epoch.ts'
import { witnessExpired } from './expired.ts'
import type { ExpiredMessage } from './expired.ts'
import { onGone } from './forget.ts'
import { dropForwarded } from './drop-forwarded.ts'
import type { Gateway } from './gateway.ts'
import { openMarks } from './marks.ts'
import { openLocalMedia, removeLocalMedia } from './media.ts'
import { openMemberships } from './memberships.ts'
import { NAMES } from './names.ts'
import { openPages } from './pages.ts'
import type { Coalescing } from './pages.ts'
import { openPeers, servePeer } from './peers.ts'
import { keepPresent, stayPresent } from './presence.ts'
import { witnessRefusals } from './refusals.ts'
import { openTaken } from './taken.ts'

/** What `clocks=skewed` takes from the second gateway's clock (M-10). */
const SKEW_MS = 500

/** Buckets that it remembers to have put into the index. */
const KEPT_BUCKETS = 100_000
/** Devices of whom it remembers where their key packages begin. */
const KEPT_DEVICES = 100_000

/** How a gateway is begun. */
export interface GatewayOptions {
  readonly name: string
  readonly stores: Stores
  /** Milliseconds by which its clock is behind. */
  readonly behindMs: number
  readonly coalescing: Coalescing
  /** What a bucket of a conversation takes, in messages; less than a partition should have where it is absent. */
  readonly bucketMessages?: number
  /** Whether a message is dropped once each device has taken it; it stays for ever where it is absent. */
  readonly forwardsOnly?: boolean
  /** What a message waits for a device that stays away, in seconds; thirty days where it is absent. */
  readonly queueSeconds?: number
  /** Is told of each message that has waited for longer; nobody where it is absent. */
  readonly expired?: (expired: ExpiredMessage) => void
}

/** A gateway that listens. */
export interface RunningGateway extends RunningRole {
  readonly port: number
  /** Requests and frames that were refused, by why. */
  readonly rejections: ReadonlyMap<string, number>
  /** Says in Redis who is connected here, which it does from time to time by itself. @throws OperationFailure */
  stayPresent(): Promise<void>
}

/** Begins a gateway on a free port of loopback, and says in Redis where it is. @throws OperationFailure */
export async function openGateway(options: GatewayOptions): Promise<RunningGateway> {
  const { cassandra, redis } = messagingStores(options.stores, 'fixed')
  const media = await openLocalMedia(redis)
  const { name, coalescing } = options
  const peers = coalescing === 'routed' ? openPeers(redis, name) : undefined
  const pages = openPages({ name, cassandra, redis }, coalescing, peers)
  const gateway: Gateway = {
    name,
    cassandra,
    redis,
    now: () => Date.now() - options.behindMs,
    sessions: new Map(),
    memberships: openMemberships(cassandra, redis),
    marks: openMarks(cassandra, async (conversation) => {
      if (gateway.forwardsOnly) await dropForwarded(gateway, conversation)
    }),
    taken: openTaken(redis),
    comings: openComings(),
    cleanups: openCleanups(),
    media,
    pages,
    bucketMessages: options.bucketMessages ?? BUCKET_MESSAGES,
    forwardsOnly: options.forwardsOnly ?? false,
    queueSeconds: options.queueSeconds ?? QUEUE_SECONDS,
    expired: options.expired ?? (() => undefined),
    indexed: new LRUCache({ max: KEPT_BUCKETS }),
    packagesFrom: new LRUCache({ max: KEPT_DEVICES }),
    losses: () => epoch.losses(),
  }
  const register = async (): Promise<void> => {
    await redis.wave([['hset', NAMES.gateways, name, listening]])
  }
  /** The last one takes the blobs along, which are a folder of this machine and no object storage. */
  const unregister = async (): Promise<void> => {
    const [, left] = await redis.wave([
      ['hdel', NAMES.gateways, name],
      ['hlen', NAMES.gateways],
    ])
    if (left === 0) await removeLocalMedia(redis)
  }
  let listening = 0
  const epoch: Epoch = await followEpoch(redis, {
    reconnected() {
      gateway.memberships.forgetAll()
      for (const session of gateway.sessions.values()) lookAgain(gateway, session, 'queue')
    },
    async lost() {
      await media.restore()
      await register()
      // Devices come back at once, and their queues are made anew.
      for (const session of gateway.sessions.values()) session.socket.close(1012, 'queues are made anew')
    },
  })
  await redis.subscribe(NAMES.channel(name), (message) => onEntry(gateway, message))
  await redis.subscribe(NAMES.told(name), (message) => onTold(gateway, message))
  await redis.subscribe(NAMES.expelled, (message) => onGone(gateway, message))
  await redis.subscribe(NAMES.changed, (conversation) => gateway.memberships.forget(conversation))
  const rejections: Rejections = new Map()
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    maxPayload: LARGEST_FRAME,
    perMessageDeflate: false,
    // Ten thousand devices that come at once after a gateway was lost.
    backlog: 4_096,
  })
  server.on('connection', (socket, { headers: { authorization } }) => {
    if (authorization === undefined) serveConnection(gateway, socket, rejections)
    else servePeer(gateway, socket, authorization, rejections)
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  listening = port
  await register()
  const forgetPresence = keepPresent(gateway)
  return {
    port,
    rejections,
    stayPresent: () => stayPresent(gateway),
    async drained() {
      // Told when there was nothing to do at all: what is written now may be followed by more.
      const isIdle =
        gateway.taken.isEmpty() &&
        gateway.marks.isEmpty() &&
        gateway.cleanups.isEmpty() &&
        [...gateway.sessions.values()].every(({ unconfirmed }) => unconfirmed.length === 0)
      await gateway.taken.flush()
      await gateway.marks.flush()
      return isIdle
    },
    async close() {
      epoch.close()
      pages.close()
      forgetPresence()
      gateway.cleanups.close()
      await gateway.comings.close()
      for (const client of server.clients) client.close(1001, 'the gateway ends')
      server.close()
      await gateway.taken.close()
      await gateway.marks.close()
      for (const client of server.clients) client.terminate()
      await unregister().catch((error: unknown) => {
        // What is left in a folder then is removed before the next run.
        if (!(error instanceof OperationFailure)) throw error
      })
    },
  }
}

/** Role `gateway-...`: one of the processes that devices are connected to. */
export function gatewayRole(
  name: string,
  number: number,
): (stores: Stores, population: Population, choice: StrategyChoice, host: RoleHost) => Promise<RunningRole> {
  return async (stores, _population, choice, host) => {
    const behindMs = choice['clocks'] === 'skewed' && number > 0 ? SKEW_MS : 0
    const coalescing = (choice['coalescing'] ?? 'on') as Coalescing
    const forwardsOnly = choice['retention'] === 'forward-only'
    const expired = witnessExpired(host)
    const gateway = await openGateway({ name, stores, behindMs, coalescing, forwardsOnly, expired })
    return witnessRefusals(gateway, name, host)
  }
}
