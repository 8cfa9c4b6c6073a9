import type {
  CassandraClient,
  CassandraStatement,
  CassandraValue,
} from '../../../../stores/cassandra/client.ts'
import type { DeviceAddress } from '../../population.ts'
import { queueBucketAt } from '../../ids.ts'
import type { Gateway, PersistedBucket } from './gateway.ts'
import {
  DELETE_QUEUE_BUCKET,
  DELETE_QUEUE_INDEX,
  DELETE_QUEUE_TAKEN,
  SELECT_QUEUE_BUCKETS,
} from './statements.ts'

/** The buckets of a device's queue that may hold something in the store, oldest first. @throws OperationFailure */
export async function queueBuckets(
  cassandra: CassandraClient,
  { user, device }: DeviceAddress,
): Promise<readonly number[]> {
  const rows = await cassandra.query<{ readonly bucket: number }>(SELECT_QUEUE_BUCKETS, [user, device])
  return rows.map(({ bucket }) => bucket)
}

/** Deletes the same of a bucket and of its names: one write of one partition. @throws OperationFailure */
export async function deleteFromQueue(
  cassandra: CassandraClient,
  statements: readonly CassandraStatement[],
  values: readonly CassandraValue[],
): Promise<void> {
  await cassandra.batch(statements.map((statement) => ({ statement, values })))
}

/** Whether the persister may still write to a bucket, by whatever clock. */
export function isOpen(bucket: number, nowMs: number): boolean {
  return bucket >= queueBucketAt(nowMs) - 1
}

/**
 * Drops what was taken of a bucket, up to a position: the persister may be writing what comes behind it, and must find
 * the index as it left it. A bucket that nobody writes to any more goes as a whole (M-08).
 */
export async function dropTaken(
  { cassandra, now }: Pick<Gateway, 'cassandra' | 'now'>,
  device: DeviceAddress,
  { bucket, last }: PersistedBucket,
): Promise<void> {
  if (isOpen(bucket, now()))
    await deleteFromQueue(cassandra, DELETE_QUEUE_TAKEN, [device.user, device.device, bucket, BigInt(last)])
  else await dropQueueBucket(cassandra, device, bucket)
}

/** Drops a bucket as a whole, and then from the index: one that is left there in between is empty (M-08). */
async function dropQueueBucket(
  cassandra: CassandraClient,
  { user, device }: DeviceAddress,
  bucket: number,
): Promise<void> {
  await deleteFromQueue(cassandra, DELETE_QUEUE_BUCKET, [user, device, bucket])
  await cassandra.query(DELETE_QUEUE_INDEX, [user, device, bucket])
}

/** Drops all that the store holds of a device's queue. @throws OperationFailure */
export async function dropQueue(cassandra: CassandraClient, device: DeviceAddress): Promise<void> {
  for (const bucket of await queueBuckets(cassandra, device)) await dropQueueBucket(cassandra, device, bucket)
}
