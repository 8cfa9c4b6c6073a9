import type {
  CassandraClient,
  CassandraValue,
  CassandraStatement,
} from '../../../../stores/cassandra/client.ts'
import { OperationFailure } from '../../../../core/errors.ts'
import { messageTimeOf } from '../../ids.ts'
import type { DeviceAddress } from '../../population.ts'
import { INSERT_DELIVERED_RECEIPT, INSERT_HEAD, INSERT_READ, INSERT_READ_RECEIPT } from './statements.ts'

/** Marks that move on within ten seconds are written once, and a sixteenth of the conversations at a time. */
const SLICES = 16
const EVERY_MS = 10_000 / SLICES
/** Writes under way at a time: they must not stand before messages. */
const CONCURRENCY = 16

/** How far things have come; each mark only moves forward, and is written at most every ten seconds. */
export interface Marks {
  /** The conversation's newest message. */
  head(conversation: string, message: bigint): void
  delivered(conversation: string, device: DeviceAddress, message: bigint): void
  read(conversation: string, device: DeviceAddress, message: bigint): void
  /** Writes all that has moved. @throws OperationFailure: what was not written is kept for the next time */
  flush(): Promise<void>
  /** Whether all that has moved is written. */
  isEmpty(): boolean
  close(): Promise<void>
}

interface Mark {
  readonly conversation: string
  readonly statement: CassandraStatement
  readonly keys: readonly CassandraValue[]
  message: bigint
}

/** The greater message wins by its own time, whichever is written last (M-06). Microseconds, as Cassandra has them. */
function timestampOf(message: bigint): bigint {
  const { ms, sequence } = messageTimeOf(message)
  return BigInt(ms) * 1_000n + BigInt(Math.min(sequence, 999))
}

function sliceOf(conversation: string): number {
  return Number.parseInt(conversation.slice(0, 1), SLICES)
}

/** Marks that one gateway writes. */
export function openMarks(cassandra: CassandraClient): Marks {
  /** By the first digit of the conversation. */
  const moved = Array.from({ length: SLICES }, () => new Map<string, Mark>())
  let turn = 0
  let writing: Promise<void> = Promise.resolve()

  function move(
    conversation: string,
    name: string,
    statement: CassandraStatement,
    keys: readonly CassandraValue[],
    message: bigint,
  ): void {
    const slice = moved[sliceOf(conversation)] ?? new Map<string, Mark>()
    const mark = slice.get(name)
    if (mark === undefined) slice.set(name, { conversation, statement, keys, message })
    else if (mark.message < message) mark.message = message
  }

  async function write(slice: number): Promise<void> {
    const marks = moved[slice] ?? new Map<string, Mark>()
    moved[slice] = new Map()
    const byStatement = Map.groupBy(marks.values(), ({ statement }) => statement)
    try {
      for (const [statement, entries] of byStatement) {
        const rows = entries.map(({ keys, message }) => [...keys, message, timestampOf(message)])
        await cassandra.writeAll(statement, rows, { concurrency: CONCURRENCY })
      }
    } catch (error) {
      // They are written again as they were, unless they have moved on.
      for (const [name, { conversation, statement, keys, message }] of marks)
        move(conversation, name, statement, keys, message)
      throw error
    }
  }

  function writeSlice(slice: number): Promise<void> {
    const mine = writing.then(() => write(slice))
    writing = mine.catch(() => undefined)
    return mine
  }

  async function flush(): Promise<void> {
    await Promise.all(moved.map((_, slice) => writeSlice(slice)))
  }

  const timer = setInterval(() => {
    turn = (turn + 1) % SLICES
    writeSlice(turn).catch((error: unknown) => {
      if (!(error instanceof OperationFailure)) throw error
    })
  }, EVERY_MS)

  return {
    head: (conversation, message) =>
      move(conversation, `head ${conversation}`, INSERT_HEAD, [conversation], message),
    delivered: (conversation, { user, device }, message) =>
      move(
        conversation,
        `delivered ${conversation} ${user} ${device}`,
        INSERT_DELIVERED_RECEIPT,
        [conversation, user, device],
        message,
      ),
    read(conversation, { user, device }, message) {
      move(conversation, `read ${conversation} ${user}`, INSERT_READ, [user, conversation], message)
      move(
        conversation,
        `read ${conversation} ${user} ${device}`,
        INSERT_READ_RECEIPT,
        [conversation, user, device],
        message,
      )
    },
    isEmpty: () => moved.every(({ size }) => size === 0),
    flush,
    async close() {
      clearInterval(timer)
      await flush()
    },
  }
}
