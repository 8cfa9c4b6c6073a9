import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin, ConnectionPool, Consumer } from '@platformatic/kafka'
import { inTurn } from '../../machine/in-turn.ts'
import type { Claims } from './claims.ts'
import type { ConsumeOptions, Consumption, ReceivedMessage } from './client.ts'
import { classify, isProtocolError, isTransient } from './failures.ts'
import { byLeader, fetchFrom, partitionKey } from './fetch.ts'
import type { Fetched, Position } from './fetch.ts'
import { FIRST_PAUSE_MS, growingPauses, pause } from './pauses.ts'
import { startPositions } from './start-positions.ts'

/** A rebalance waits for a fetch to come back, so it is short. */
const FETCH_WAIT_MS = 250
/** Of a fetch that gathers: more than comes in its time. */
const GATHERED_BYTES = 2 ** 20
const FIRST_JOIN_MS = 15_000

/** What a member of a group works with. */
export interface Member {
  readonly admin: Admin
  readonly consumer: Consumer
  /** For fetches alone. */
  readonly connections: ConnectionPool
  readonly claims: Claims
  /** Leaves the group and closes the consumer and its connections. */
  close(): Promise<void>
}

/** The offsets of positions as the driver commits them. */
function commitOf(positions: readonly Position[]): {
  offsets: { topic: string; partition: number; offset: bigint; leaderEpoch: number }[]
} {
  return { offsets: positions.map((position) => ({ ...position, leaderEpoch: -1 })) }
}

/** The group is being divided anew: heartbeats find out, and join again. */
function isRebalance(error: unknown): boolean {
  return ['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID'].some((id) =>
    isProtocolError(error, id),
  )
}

/** Of positions, those in partitions that this member has now. */
function ownOf(consumer: Consumer, positions: readonly Position[]): readonly Position[] {
  const own = new Map(consumer.assignments?.map(({ topic, partitions }) => [topic, new Set(partitions)]))
  return positions.filter(({ topic, partition }) => own.get(topic)?.has(partition) === true)
}

function advanced(positions: readonly Position[], { next }: Fetched): readonly Position[] {
  const moved = new Map(next.map((position) => [partitionKey(position), position]))
  return positions.map((position) => moved.get(partitionKey(position)) ?? position)
}

/**
 * Joins a group and works on what it is given, generation by generation, until it is closed. Names are the server's.
 * @throws OperationFailure when the group cannot be joined at first
 */
export async function consume(member: Member, options: ConsumeOptions): Promise<Consumption> {
  const { admin, consumer, connections, claims } = member
  const begun = Promise.withResolvers<void>()
  const oneAtATime = inTurn()
  const failed = (error: unknown): void => options.failed(error)
  let closing = false
  // Aborts with the generation: after that, its partitions may be somebody else's.
  let generation = new AbortController()
  consumer.on('consumer:group:join', () => generation.abort())
  // Of a rejoin that a heartbeat began.
  consumer.on('error', (error) => void joinAgain(error))

  async function joinAgain(first: unknown): Promise<void> {
    let error = first
    for (const wait of growingPauses()) {
      failed(classify(error))
      await sleep(wait)
      if (closing) return
      try {
        await consumer.joinGroup({})
        return
      } catch (again) {
        error = again
      }
    }
  }

  /** The first time, one who waits is told after a while; a coordinator that is being made is waited for. */
  async function joinFirst(): Promise<void> {
    const until = performance.now() + FIRST_JOIN_MS
    for (const wait of growingPauses()) {
      try {
        await consumer.joinGroup({})
        return
      } catch (error) {
        // Others that come or go between a member's two requests make it join once more.
        if (!(isTransient(error) || isRebalance(error)) || performance.now() > until) throw classify(error)
      }
      await sleep(wait)
    }
  }

  /** Whether the batch was handled before the generation ended. */
  async function handled(messages: readonly ReceivedMessage[], signal: AbortSignal): Promise<boolean> {
    for (const wait of growingPauses()) {
      try {
        await options.handle(messages)
        return true
      } catch (error) {
        failed(error)
      }
      await pause(wait, signal)
      if (signal.aborted) return false
    }
    return false
  }

  /** Once more after the generation has ended: its partitions are still ours, and the next one's member may commit. */
  async function commit(next: readonly Position[], signal: AbortSignal): Promise<void> {
    for (const wait of growingPauses()) {
      const isLast = signal.aborted
      try {
        await consumer.commit(commitOf(next))
        return
      } catch (error) {
        if (isLast || !isRebalance(error)) failed(classify(error))
      }
      if (isLast) return
      await pause(wait, signal)
    }
  }

  /** Offsets follow the work: what is not committed comes again. */
  async function work({ messages, next }: Fetched, signal: AbortSignal): Promise<void> {
    if (messages.length > 0 && !(await handled(messages, signal))) return
    if (options.begun === undefined) await commit(next, signal)
  }

  async function readFrom(node: number, start: readonly Position[], signal: AbortSignal): Promise<void> {
    let positions = start
    const fetch = (): Promise<Fetched> => {
      const { gatherMs } = options
      const [waitMs, bytes] = gatherMs === undefined ? [FETCH_WAIT_MS, 1] : [gatherMs, GATHERED_BYTES]
      const coming = fetchFrom(consumer, connections, node, positions, waitMs, bytes)
      // It is awaited below, perhaps only after a batch has been worked on.
      coming.catch(() => undefined)
      return coming
    }
    let coming = fetch()
    while (!signal.aborted) {
      const fetched = await coming
      if (signal.aborted) return
      positions = advanced(positions, fetched)
      // The next batch comes while this one is worked on.
      coming = fetch()
      if (fetched.next.length > 0) await oneAtATime(() => work(fetched, signal))
    }
    await coming.catch(() => undefined)
  }

  async function workGeneration(signal: AbortSignal): Promise<void> {
    const assigned = consumer.assignments ?? []
    try {
      for (const { topic, partitions } of assigned) {
        for (const partition of partitions) {
          const key = `${options.group}/${partitionKey({ topic, partition })}`
          if (!(await claims.acquire(key, consumer, signal))) return
        }
      }
      const positions = await startPositions(
        admin,
        (fresh) => consumer.commit(commitOf(fresh)),
        assigned,
        options,
      )
      await options.begun?.(positions)
      begun.resolve()
      if (positions.length === 0) await pause(2 ** 30, signal)
      const leaders = await byLeader(consumer, positions)
      // Where one fails the others end too, and no fetch is under way when all begin anew, perhaps with other leaders.
      const failing = new AbortController()
      const round = AbortSignal.any([signal, failing.signal])
      const ends = await Promise.allSettled(
        [...leaders].map(async ([node, own]) => {
          try {
            await readFrom(node, own, round)
          } finally {
            failing.abort()
          }
        }),
      )
      for (const end of ends) if (end.status === 'rejected') throw end.reason
    } finally {
      claims.release(consumer)
    }
  }

  async function workOn(): Promise<void> {
    while (!closing) {
      generation = new AbortController()
      const { signal } = generation
      try {
        await workGeneration(signal)
      } catch (error) {
        if (closing) return
        failed(classify(error))
        // A broker that died leads nothing now.
        consumer.clearMetadata()
        await pause(FIRST_PAUSE_MS * 4, signal)
      }
    }
  }

  await joinFirst()
  const ended = workOn()
  await Promise.race([begun.promise, ended])
  return {
    commit: (positions) => commit(ownOf(consumer, positions), generation.signal),
    async close() {
      closing = true
      generation.abort()
      await ended
      await member.close()
    },
  }
}
