import type { CassandraClient } from '../../../../stores/cassandra/client.ts'
import { bucketOf, lastBucketAt, PARTS, periodAt, messageTimeOf } from '../../ids.ts'
import { allRows } from '../../rows.ts'
import type { Gateway } from './gateway.ts'
import { SELECT_BUCKETS, SELECT_NEWEST } from './statements.ts'

const LAST_ID = 2n ** 63n - 1n

/** The buckets of a conversation that hold messages, from one on back, newest first. @throws OperationFailure */
export async function* bucketsFrom(
  cassandra: CassandraClient,
  conversation: string,
  newest: number,
  oldest = 0,
): AsyncGenerator<number> {
  const values = [conversation, newest]
  for await (const { bucket } of allRows<{ readonly bucket: number }>(
    cassandra,
    SELECT_BUCKETS,
    values,
    {},
  )) {
    if (bucket < oldest) return
    yield bucket
  }
}

/** Those that hold something behind a message, oldest first. @throws OperationFailure */
export async function bucketsSince(
  cassandra: CassandraClient,
  conversation: string,
  since: bigint,
): Promise<readonly number[]> {
  const found: number[] = []
  for await (const bucket of bucketsFrom(cassandra, conversation, bucketOf(LAST_ID), bucketOf(since)))
    found.push(bucket)
  return found.toReversed()
}

/**
 * Every bucket that may hold a message behind `since` and until a moment, newest first: those of the index, and the first part
 * of ten days, whose first message may be there while the index does not say so. @throws OperationFailure
 */
export async function bucketsWithin(
  cassandra: CassandraClient,
  conversation: string,
  since: bigint,
  untilMs: number,
): Promise<readonly number[]> {
  const found = new Set<number>()
  for (let period = periodAt(messageTimeOf(since).ms); period <= periodAt(untilMs); period += 1)
    found.add(period * PARTS)
  for await (const bucket of bucketsFrom(cassandra, conversation, lastBucketAt(untilMs), bucketOf(since)))
    found.add(bucket)
  return [...found].toSorted((one, other) => other - one)
}

/** The newest message that the log has of a conversation; undefined where nothing was ever said. @throws OperationFailure */
export async function newestOf(
  { cassandra }: Pick<Gateway, 'cassandra'>,
  conversation: string,
): Promise<bigint | undefined> {
  for await (const bucket of bucketsFrom(cassandra, conversation, bucketOf(LAST_ID))) {
    const values = [conversation, bucket]
    const [row] = await cassandra.query<{ readonly message_id: bigint }>(SELECT_NEWEST, values)
    if (row !== undefined) return row.message_id
  }
  return undefined
}
