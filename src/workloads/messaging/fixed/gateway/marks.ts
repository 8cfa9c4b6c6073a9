import { bulkhead } from 'cockatiel'
import type {
  CassandraClient,
  CassandraStatement,
  CassandraValue,
} from '../../../../stores/cassandra/client.ts'
import { OperationFailure } from '../../../../core/errors.ts'
import { messageTimeOf } from '../../ids.ts'
import type { DeviceAddress } from '../../population.ts'
import { INSERT_DELIVERED_RECEIPT, INSERT_READ, INSERT_READ_RECEIPT } from './statements.ts'

/** Marks that move on within ten seconds are written once, and a sixteenth of the partitions at a time. */
const SLICES = 16
const EVERY_MS = 10_000 / SLICES
/** Writes under way at a time: they must not stand before messages. */
const CONCURRENCY = 16
/** Marks of one write. A large group has more. */
const BATCH = 100

/**
 * How far things have come; each mark only moves forward, and is written at most every ten seconds. Who told of one tells
 * it again when its gateway has gone.
 */
export interface Marks {
  delivered(conversation: string, device: DeviceAddress, message: bigint): void
  read(conversation: string, device: DeviceAddress, message: bigint): void
  /** Writes all that has moved. @throws OperationFailure: what was not written is kept for the next time */
  flush(): Promise<void>
  /** Whether all that has moved is written. */
  isEmpty(): boolean
  close(): Promise<void>
}

interface Mark {
  readonly statement: CassandraStatement
  readonly keys: readonly CassandraValue[]
  message: bigint
}

/** What has moved in one partition, by name: receipts of a conversation, or the read marks of a user. */
type Moved = Map<string, Mark>

/**
 * The greater message wins by its own time, whichever is written last (M-06). Microseconds, as Cassandra has them, which of
 * two at the same one keeps the greater value.
 */
function timestampOf(message: bigint): bigint {
  const { ms, sequence } = messageTimeOf(message)
  return BigInt(ms) * 1_000n + BigInt(Math.min(sequence, 999))
}

/** By its last digit, which is hexadecimal of a conversation and decimal of a user. */
function sliceOf(partition: string): number {
  return Number.parseInt(partition.slice(-1), SLICES)
}

function chunksOf(moved: Moved): readonly (readonly Mark[])[] {
  const marks = [...moved.values()]
  return Array.from({ length: Math.ceil(marks.length / BATCH) }, (_, index) =>
    marks.slice(index * BATCH, (index + 1) * BATCH),
  )
}

/**
 * Marks that one gateway writes. @param received runs when receipts of what was delivered in a conversation have been written;
 * where it fails, they are written again
 */
export function openMarks(
  cassandra: CassandraClient,
  received: (conversation: string) => Promise<void> = () => Promise.resolve(),
): Marks {
  const slices = Array.from({ length: SLICES }, () => new Map<string, Moved>())
  const bound = bulkhead(CONCURRENCY, Infinity)
  let turn = 0
  let writing: Promise<void> = Promise.resolve()

  function move(partition: string, name: string, mark: Mark): void {
    const slice = slices[sliceOf(partition)] ?? new Map<string, Moved>()
    let moved = slice.get(partition)
    if (moved === undefined) {
      moved = new Map()
      slice.set(partition, moved)
    }
    const known = moved.get(name)
    if (known === undefined) moved.set(name, mark)
    else if (known.message < mark.message) known.message = mark.message
  }

  /** What has moved in a partition is one write, whichever tables it is of: the store keeps them by the same key. */
  async function writePartition(partition: string, moved: Moved): Promise<void> {
    try {
      for (const marks of chunksOf(moved))
        await cassandra.batch(
          marks.map(({ statement, keys, message }) => ({
            statement,
            values: [...keys, message, timestampOf(message)],
          })),
        )
      if ([...moved.values()].some(({ statement }) => statement === INSERT_DELIVERED_RECEIPT))
        await received(partition)
    } catch (error) {
      // They are written again as they were, unless they have moved on.
      for (const [name, mark] of moved) move(partition, name, mark)
      throw error
    }
  }

  async function write(index: number): Promise<void> {
    const slice = slices[index] ?? new Map<string, Moved>()
    slices[index] = new Map()
    const writes = await Promise.allSettled(
      [...slice].map(([partition, moved]) => bound.execute(() => writePartition(partition, moved))),
    )
    for (const each of writes) if (each.status === 'rejected') throw each.reason
  }

  function writeSlice(slice: number): Promise<void> {
    const mine = writing.then(() => write(slice))
    writing = mine.catch(() => undefined)
    return mine
  }

  async function flush(): Promise<void> {
    await Promise.all(slices.map((_, index) => writeSlice(index)))
  }

  const timer = setInterval(() => {
    turn = (turn + 1) % SLICES
    writeSlice(turn).catch((error: unknown) => {
      if (!(error instanceof OperationFailure)) throw error
    })
  }, EVERY_MS)

  return {
    delivered: (conversation, { user, device }, message) =>
      move(conversation, `delivered ${user} ${device}`, {
        statement: INSERT_DELIVERED_RECEIPT,
        keys: [conversation, user, device],
        message,
      }),
    read(conversation, { user, device }, message) {
      move(user.toString(), conversation, { statement: INSERT_READ, keys: [user, conversation], message })
      move(conversation, `read ${user} ${device}`, {
        statement: INSERT_READ_RECEIPT,
        keys: [conversation, user, device],
        message,
      })
    },
    isEmpty: () => slices.every(({ size }) => size === 0),
    flush,
    async close() {
      clearInterval(timer)
      await flush()
    },
  }
}
