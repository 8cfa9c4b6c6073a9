import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin, ConnectionPool, Consumer } from '@platformatic/kafka'
import { inTurn } from '../../machine/in-turn.ts'
import type { Claims } from './claims.ts'
import type { ConsumeOptions, Consumption, ReceivedMessage } from './client.ts'
import { asked, classify } from './failures.ts'
import { byLeader, fetchFrom, partitionKey } from './fetch.ts'
import type { Fetched, Position } from './fetch.ts'
import { commitOf, startPositions } from './start-positions.ts'

/** A rebalance waits for a fetch to come back, so it is short. */
const FETCH_WAIT_MS = 250
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1_000

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

/** Waits, or less when `signal` aborts. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}

/** Repeats `work` with growing pauses until it succeeds or `signal` aborts; every failure is told. */
async function persistently(
  work: () => Promise<void>,
  failed: (error: unknown) => void,
  signal: AbortSignal,
): Promise<boolean> {
  for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(2 * wait, LONGEST_PAUSE_MS)) {
    try {
      await work()
      return true
    } catch (error) {
      failed(error)
    }
    if (signal.aborted) return false
    await pause(wait, signal)
    if (signal.aborted) return false
  }
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
  consumer.on('error', (error) => {
    failed(classify(error))
    void rejoin()
  })

  /** The driver gives up joining again after some attempts; we do not. */
  async function rejoin(): Promise<void> {
    await sleep(LONGEST_PAUSE_MS)
    if (closing) return
    await consumer.joinGroup({}).catch((error: unknown) => {
      failed(classify(error))
      void rejoin()
    })
  }

  /** Offsets follow the work: what is not committed comes again. */
  async function work(
    messages: readonly ReceivedMessage[],
    fetched: Fetched,
    signal: AbortSignal,
  ): Promise<void> {
    if (messages.length > 0 && !(await persistently(() => options.handle(messages), failed, signal))) return
    await persistently(() => asked(consumer.commit(commitOf(fetched.next))), failed, signal)
  }

  async function readFrom(node: number, start: readonly Position[], signal: AbortSignal): Promise<void> {
    let positions = start
    const fetch = (): Promise<Fetched> => {
      const coming = fetchFrom(consumer, connections, node, positions, FETCH_WAIT_MS)
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
      if (fetched.next.length > 0) await oneAtATime(() => work(fetched.messages, fetched, signal))
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
      const positions = await startPositions(admin, consumer, assigned, options)
      begun.resolve()
      if (positions.length === 0) await pause(2 ** 30, signal)
      const leaders = await byLeader(consumer, positions)
      // One that fails ends when the others have ended: no fetch may be under way when the next ones begin.
      const ends = await Promise.allSettled([...leaders].map(([node, own]) => readFrom(node, own, signal)))
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
        await pause(FIRST_PAUSE_MS * 4, signal)
      }
    }
  }

  await asked(consumer.joinGroup({}))
  const ended = workOn()
  await Promise.race([begun.promise, ended])
  return {
    async close() {
      closing = true
      generation.abort()
      await ended
      await member.close()
    },
  }
}
