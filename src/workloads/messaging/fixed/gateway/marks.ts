import type {
  CassandraClient,
  CassandraValue,
  CassandraStatement,
} from '../../../../stores/cassandra/client.ts'
import { OperationFailure } from '../../../../core/errors.ts'
import { messageTimeOf } from '../../ids.ts'
import type { DeviceAddress } from '../../population.ts'
import { INSERT_DELIVERED_RECEIPT, INSERT_HEAD, INSERT_READ, INSERT_READ_RECEIPT } from './statements.ts'

/** Marks that move on within it are written once. */
const EVERY_MS = 10_000
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
  /** Rows written so far. */
  written(): number
  close(): Promise<void>
}

interface Mark {
  readonly statement: CassandraStatement
  readonly keys: readonly CassandraValue[]
  message: bigint
}

/** The greater message wins by its own time, whichever is written last (M-06). Microseconds, as Cassandra has them. */
function timestampOf(message: bigint): bigint {
  const { ms, sequence } = messageTimeOf(message)
  return BigInt(ms) * 1_000n + BigInt(Math.min(sequence, 999))
}

/** Marks that one gateway writes. */
export function openMarks(cassandra: CassandraClient): Marks {
  let moved = new Map<string, Mark>()
  let writing: Promise<void> = Promise.resolve()
  let written = 0

  function move(
    name: string,
    statement: CassandraStatement,
    keys: readonly CassandraValue[],
    message: bigint,
  ): void {
    const mark = moved.get(name)
    if (mark === undefined) moved.set(name, { statement, keys, message })
    else if (mark.message < message) mark.message = message
  }

  async function write(): Promise<void> {
    const marks = moved
    moved = new Map()
    const byStatement = Map.groupBy(marks.entries(), ([, { statement }]) => statement)
    for (const [statement, entries] of byStatement) {
      const rows = entries.map(([, { keys, message }]) => [...keys, message, timestampOf(message)])
      try {
        written += await cassandra.writeAll(statement, rows, { concurrency: CONCURRENCY })
      } catch (error) {
        // Marks are written again as they were, unless they have moved on.
        for (const [name, mark] of entries) move(name, mark.statement, mark.keys, mark.message)
        throw error
      }
    }
  }

  function flush(): Promise<void> {
    const mine = writing.then(write)
    writing = mine.catch(() => undefined)
    return mine
  }

  const timer = setInterval(() => {
    flush().catch((error: unknown) => {
      if (!(error instanceof OperationFailure)) throw error
    })
  }, EVERY_MS)

  return {
    head: (conversation, message) => move(`head ${conversation}`, INSERT_HEAD, [conversation], message),
    delivered: (conversation, { user, device }, message) =>
      move(
        `delivered ${conversation} ${user} ${device}`,
        INSERT_DELIVERED_RECEIPT,
        [conversation, user, device],
        message,
      ),
    read(conversation, { user, device }, message) {
      move(`read ${conversation} ${user}`, INSERT_READ, [user, conversation], message)
      move(
        `read ${conversation} ${user} ${device}`,
        INSERT_READ_RECEIPT,
        [conversation, user, device],
        message,
      )
    },
    isEmpty: () => moved.size === 0,
    flush,
    written: () => written,
    async close() {
      clearInterval(timer)
      await flush()
    },
  }
}
