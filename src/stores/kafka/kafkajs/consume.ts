import { setTimeout as sleep } from 'node:timers/promises'
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs'
import type { Admin } from '@platformatic/kafka'
import type { Claims } from '../claims.ts'
import type { ConsumeOptions, Consumption, ReceivedMessage } from '../client.ts'
import { partitionKey } from '../fetch.ts'
import type { Position } from '../fetch.ts'
import { growingPauses, pause } from '../pauses.ts'
import { startPositions } from '../start-positions.ts'
import type { Assigned } from '../start-positions.ts'
import { classify, isRebalance } from './failures.ts'
import { HEARTBEAT_MS, SESSION_MS, kafkajsConsumer } from './consumer.ts'
import { receivedOf } from './received.ts'

const FIRST_JOIN_MS = 15_000

/** From one division of the group to the next. */
interface Generation {
  readonly ended: AbortController
  readonly own: ReadonlySet<string>
  /** Whether its partitions are ours alone, and `begun` has been told. */
  readonly ready: Promise<boolean>
  /** The batch in work. */
  work: Promise<unknown>
}

/**
 * Why a generation has ended that the driver takes for going on: its own heartbeat may find the group at rest again, and
 * while a batch is in work it beats no heart of its own. Its cause is thrown to it, so that it joins again.
 */
class GenerationLost extends Error {
  constructor(cause: unknown) {
    super('the generation is lost', { cause })
  }
}

/** What a member of a group works with. */
interface Member {
  readonly kafka: Kafka
  readonly admin: Admin
  readonly claims: Claims
}

/** The members' offsets, as the driver commits them. */
function entriesOf(positions: readonly Position[]): { topic: string; partition: number; offset: string }[] {
  return positions.map(({ topic, partition, offset }) => ({ topic, partition, offset: offset.toString() }))
}

/**
 * Joins a group by kafkajs and works on what it is given, until it is closed. Nothing is left to its own bookkeeping:
 * where a member begins, and when a batch is done with, is decided here as for the other client. Names are the server's.
 * @throws OperationFailure when the group cannot be joined at first
 */
export async function consumeByKafkajs(member: Member, options: ConsumeOptions): Promise<Consumption> {
  const consumer: Consumer = kafkajsConsumer(member.kafka, options)
  const begun = Promise.withResolvers<void>()
  const running = Promise.withResolvers<void>()
  // Told again below, once somebody waits for it.
  begun.promise.catch(() => undefined)
  const failed = (error: unknown): void => options.failed(classify(error))
  const firstJoinUntil = performance.now() + FIRST_JOIN_MS
  let closing = false
  let generation: Generation | undefined

  async function begin(assigned: readonly Assigned[], { signal }: AbortController): Promise<boolean> {
    await running.promise
    for (const wait of growingPauses()) {
      try {
        for (const { topic, partitions } of assigned) {
          for (const partition of partitions) {
            const key = `${options.group}/${partitionKey({ topic, partition })}`
            if (!(await member.claims.acquire(key, signal, signal))) return false
          }
        }
        const commit = (fresh: readonly Position[]): Promise<void> => consumer.commitOffsets(entriesOf(fresh))
        const positions = await startPositions(member.admin, commit, assigned, options)
        if (signal.aborted) return false
        for (const entry of entriesOf(positions)) consumer.seek(entry)
        await options.begun?.(positions)
        begun.resolve()
        return true
      } catch (error) {
        if (signal.aborted) return false
        failed(error)
      }
      await pause(wait, signal)
      if (signal.aborted) return false
    }
    return false
  }

  /** A batch of the last generation may be in work still: what it holds is given back when it has ended. */
  function endGeneration(): void {
    const ending = generation
    if (ending === undefined) return
    ending.ended.abort()
    const release = (): void => member.claims.release(ending.ended.signal)
    void Promise.allSettled([ending.ready, ending.work]).then(release)
  }

  async function startAgain(): Promise<void> {
    for (const wait of growingPauses()) {
      await sleep(wait)
      if (closing) return
      try {
        await consumer.connect()
        await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch })
        return
      } catch (error) {
        failed(error)
      }
    }
  }

  consumer.on('consumer.group_join', ({ payload }) => {
    endGeneration()
    const assigned = Object.entries(payload.memberAssignment).map(([topic, partitions]) => ({
      topic,
      partitions,
    }))
    const ended = new AbortController()
    if (closing) ended.abort()
    const own = new Set(
      assigned.flatMap(({ topic, partitions }) =>
        partitions.map((partition) => partitionKey({ topic, partition })),
      ),
    )
    generation = { ended, own, ready: begin(assigned, ended), work: Promise.resolve() }
  })
  consumer.on('consumer.crash', ({ payload }) => {
    endGeneration()
    const error = classify(payload.error)
    // The first time, one who waits is told after a while.
    if (error.kind === 'unexpected' || performance.now() > firstJoinUntil) begun.reject(error)
    if (closing) return
    options.failed(error)
    // It starts again by itself after what it takes for passing.
    if (!payload.restart) void startAgain()
  })

  /** Whether the batch was handled before the generation ended. */
  async function handled(messages: readonly ReceivedMessage[], signal: AbortSignal): Promise<boolean> {
    for (const wait of growingPauses()) {
      try {
        await options.handle(messages)
        return true
      } catch (error) {
        options.failed(error)
      }
      await pause(wait, signal)
      if (signal.aborted) return false
    }
    return false
  }

  /** Once more after the generation has ended: its partitions are still ours, and the next one's member may commit. */
  async function commit(attempt: () => Promise<void>, signal: AbortSignal): Promise<void> {
    for (const wait of growingPauses()) {
      const isLast = signal.aborted
      try {
        await attempt()
        return
      } catch (error) {
        if (isLast || !isRebalance(error)) failed(error)
      }
      if (isLast) return
      await pause(wait, signal)
    }
  }

  /**
   * Of a batch in work, for which the driver does nothing else: a coordinator that has died is looked for only once it
   * joins again, so whatever is no rebalance goes to it, and the batch comes again.
   */
  async function commitBatch(attempt: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const tried = async (): Promise<void> => {
      try {
        await attempt()
      } catch (error) {
        if (isRebalance(error)) throw error
        broken = { error }
      }
    }
    let broken: { readonly error: unknown } | undefined
    await commit(tried, signal)
    if (broken === undefined) return
    failed(broken.error)
    throw broken.error
  }

  async function work(payload: EachBatchPayload, signal: AbortSignal): Promise<void> {
    const { topic, partition } = payload.batch
    const messages = receivedOf(payload.batch)
    if (messages.length > 0 && !(await handled(messages, signal))) return
    const last = payload.batch.lastOffset()
    const offset = (BigInt(last) + 1n).toString()
    const offsets = { topics: [{ topic, partitions: [{ partition, offset }] }] }
    if (options.begun === undefined)
      await commitBatch(() => payload.commitOffsetsIfNecessary(offsets), signal)
    payload.resolveOffset(last)
  }

  async function workOf(current: Generation, payload: EachBatchPayload): Promise<void> {
    const { ended } = current
    let heardAt = performance.now()
    const beat = async (): Promise<void> => {
      try {
        await payload.heartbeat()
        heardAt = performance.now()
      } catch (error) {
        // Of whom its coordinator has not heard for a session, the partitions are somebody else's.
        const isSilent = performance.now() - heardAt > SESSION_MS
        if (isSilent || isRebalance(error)) ended.abort(new GenerationLost(error))
      }
    }
    const beating = setInterval(() => void beat(), HEARTBEAT_MS)
    try {
      // Of what was fetched before the generation began where it should.
      if (!(await current.ready) || payload.isStale() || ended.signal.aborted) return
      current.work = work(payload, ended.signal)
      await current.work
    } finally {
      clearInterval(beating)
    }
  }

  async function eachBatch(payload: EachBatchPayload): Promise<void> {
    const current = generation
    const hasEnded = current === undefined || current.ended.signal.aborted
    if (!hasEnded) await workOf(current, payload)
    const reason: unknown = generation?.ended.signal.reason
    if (reason instanceof GenerationLost) throw reason.cause
    // The driver knows as soon as it beats; until then it hands out what may be somebody else's.
    if (hasEnded) await payload.heartbeat()
  }

  async function close(): Promise<void> {
    closing = true
    running.resolve()
    generation?.ended.abort()
    await consumer.disconnect().catch(() => undefined)
    endGeneration()
  }

  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [...options.topics], fromBeginning: true })
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch })
    running.resolve()
    await begun.promise
  } catch (error) {
    await close()
    throw classify(error)
  }
  return {
    commit(positions) {
      const current = generation
      const own = positions.filter((position) => current?.own.has(partitionKey(position)) === true)
      if (current === undefined || own.length === 0) return Promise.resolve()
      return commit(() => consumer.commitOffsets(entriesOf(own)), current.ended.signal)
    },
    close,
  }
}
