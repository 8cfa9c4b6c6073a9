import { setTimeout as sleep } from 'node:timers/promises'
import { countRoundTrip } from '../../core/cost.ts'
import type { Cost } from '../../core/cost.ts'
import { OperationFailure } from '../../core/errors.ts'
import type { Outgoing, Transport } from './outgoing.ts'

/** Below the server's limit of 1 MiB for one batch, with room for headers and the batch's own. */
const LARGEST_REQUEST_BYTES = 768 * 1024
const FIRST_PAUSE_MS = 25
const LONGEST_PAUSE_MS = 500

/** Messages of one partition that one caller waits for. */
export interface Parcel {
  readonly messages: readonly Outgoing[]
  readonly bytes: number
  readonly cost: Cost | undefined
}

interface Waiting extends Parcel {
  readonly deadline: number
  readonly resolve: () => void
  readonly reject: (error: OperationFailure) => void
}

/** Sends parcels to partitions. */
export interface PartitionSender {
  /** Resolves when the parcel is acknowledged. @throws OperationFailure */
  send(topic: string, partition: number, parcel: Parcel): Promise<void>
  close(): Promise<void>
}

/** As many of the first parcels as fit into a request; one at least. */
function nextRequest(queue: Waiting[]): Waiting[] {
  let bytes = 0
  let count = 0
  for (const { bytes: more } of queue) {
    if (count > 0 && bytes + more > LARGEST_REQUEST_BYTES) break
    bytes += more
    count += 1
  }
  return queue.splice(0, count)
}

/** One round trip for each caller that had something in a request, with that caller's messages and bytes. */
function countRequest(request: readonly Waiting[]): void {
  const byCaller = new Map<Cost, { rows: number; bytes: number }>()
  for (const { messages, bytes, cost } of request) {
    if (cost === undefined) continue
    const sum = byCaller.get(cost) ?? { rows: 0, bytes: 0 }
    byCaller.set(cost, { rows: sum.rows + messages.length, bytes: sum.bytes + bytes })
  }
  for (const [cost, { rows, bytes }] of byCaller) countRoundTrip(cost, 'kafka', 1, rows, bytes)
}

/**
 * One request at a time for each partition, so that its messages stay in order however often one has to be repeated;
 * what is asked for meanwhile goes together in the next. A request never spans partitions: some clients have lost
 * acknowledged messages that way when a broker died. Repeating is done here, with a fresh look at who leads the
 * partition, since the driver's own attempts may wait on a dead broker.
 * @param patienceMs after this a parcel that could not be delivered is given up; Infinity for never
 */
export function partitionSender(transport: Transport, patienceMs: number): PartitionSender {
  const lanes = new Map<string, Waiting[]>()
  let closed = false

  async function attempt(request: readonly Waiting[]): Promise<void> {
    await transport.send(request.flatMap((parcel) => parcel.messages))
    countRequest(request)
    for (const { resolve } of request) resolve()
  }

  /** The parcels that are worth another attempt; the others are told why not. */
  function hopeful(request: readonly Waiting[], error: unknown): Waiting[] {
    const failure = closed
      ? new OperationFailure('unavailable', 'kafka: the client is closed', error)
      : transport.classify(error)
    const isHopeless = closed || !transport.isTransient(error)
    return request.filter(({ deadline, reject }) => {
      if (!isHopeless && performance.now() < deadline) return true
      reject(failure)
      return false
    })
  }

  async function deliver(first: Waiting[]): Promise<void> {
    let request = first
    let pause = FIRST_PAUSE_MS
    while (request.length > 0) {
      try {
        await attempt(request)
        return
      } catch (error) {
        request = hopeful(request, error)
        if (request.length === 0) return
        transport.forget()
      }
      await sleep(pause)
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS)
    }
  }

  async function drain(lane: string, queue: Waiting[]): Promise<void> {
    while (queue.length > 0) await deliver(nextRequest(queue))
    lanes.delete(lane)
  }

  return {
    send(topic, partition, parcel) {
      return new Promise((resolve, reject) => {
        const waiting = { ...parcel, deadline: performance.now() + patienceMs, resolve, reject }
        const lane = `${topic}:${partition}`
        const queue = lanes.get(lane)
        if (queue !== undefined) {
          queue.push(waiting)
          return
        }
        const fresh = [waiting]
        lanes.set(lane, fresh)
        // What is produced in the same turn of the event loop goes into the first request too.
        setImmediate(() => void drain(lane, fresh))
      })
    },
    async close() {
      closed = true
      await transport.close()
    },
  }
}
