import type { CassandraClient } from '../../../../stores/cassandra/client.ts'
import type { DeviceAddress } from '../../population.ts'
import { DELETE_QUEUE_BUCKET, DELETE_QUEUE_INDEX, SELECT_QUEUE_BUCKETS } from './statements.ts'

/** The buckets of a device's queue that may hold something in the store, oldest first. @throws OperationFailure */
export async function queueBuckets(
  cassandra: CassandraClient,
  { user, device }: DeviceAddress,
): Promise<readonly number[]> {
  const rows = await cassandra.query<{ readonly bucket: number }>(SELECT_QUEUE_BUCKETS, [user, device])
  return rows.map(({ bucket }) => bucket)
}

/** Drops a bucket as a whole, and then from the index: one that is left there in between is empty (M-08). */
export async function dropQueueBucket(
  cassandra: CassandraClient,
  { user, device }: DeviceAddress,
  bucket: number,
): Promise<void> {
  await cassandra.query(DELETE_QUEUE_BUCKET, [user, device, bucket])
  await cassandra.query(DELETE_QUEUE_INDEX, [user, device, bucket])
}

/** Drops all that the store holds of a device's queue. @throws OperationFailure */
export async function dropQueue(cassandra: CassandraClient, device: DeviceAddress): Promise<void> {
  for (const bucket of await queueBuckets(cassandra, device)) await dropQueueBucket(cassandra, device, bucket)
}
