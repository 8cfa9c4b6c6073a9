// Members of large groups of whom only the server has a device.
import { randomBytes } from 'node:crypto'
import { openEncryption } from '../../src/workloads/messaging/clients/encryption/open.ts'
import { NAMES } from '../../src/workloads/messaging/fixed/gateway/names.ts'
import type { MessagingStores } from '../../src/workloads/messaging/stores.ts'

const TOGETHER = 500

const INSERT_USER = {
  text: 'INSERT INTO users (user_id, registered_at) VALUES (?, ?)',
  idempotent: true,
}
const INSERT_DEVICE = {
  text: 'INSERT INTO devices (user_id, device_id, identity_key, last_resort, token_hash, registered_at) VALUES (?, ?, ?, ?, ?, ?)',
  idempotent: true,
}

/** Puts users who have no device into the tables. */
export async function seedUsers({ cassandra }: MessagingStores, users: readonly bigint[]): Promise<void> {
  await cassandra.writeAll(
    INSERT_USER,
    users.map((user) => [user, new Date(0)]),
  )
}

/** Puts a device of each user into the tables in bulk, with an identity and a last key package that it really made. */
export async function seedStrangers(own: MessagingStores, users: readonly bigint[]): Promise<void> {
  await seedUsers(own, users)
  const { cassandra, redis } = own
  const encryption = await openEncryption()
  function* rows() {
    for (const user of users) {
      const keys = encryption.newDevice()
      yield [user, 1, keys.identity, keys.lastResort(), randomBytes(32), new Date()] as const
      keys.close()
    }
  }
  await cassandra.writeAll(INSERT_DEVICE, rows())
  for (let from = 0; from < users.length; from += TOGETHER)
    await redis.wave(
      users.slice(from, from + TOGETHER).map((user) => ['set', NAMES.built(`${user}:1`), 1] as const),
    )
}

/** The names of what waits in Redis for each user's device, in order, without which of the devices it is. */
export async function queuesOf(
  { redis }: MessagingStores,
  users: readonly bigint[],
): Promise<readonly (readonly string[])[]> {
  const queues: string[][] = []
  for (let from = 0; from < users.length; from += TOGETHER) {
    const some = users.slice(from, from + TOGETHER)
    const found = await redis.wave(some.map((user) => ['zrange', NAMES.queue(`${user}:1`), 0, -1] as const))
    for (const queue of found)
      queues.push((Array.isArray(queue) ? queue.map(String) : []).map((name) => name.split('#')[0] ?? ''))
  }
  return queues
}
