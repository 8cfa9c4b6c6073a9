// What single nodes of Cassandra have of messages that were acknowledged.
import { closeStores, connectStores } from '../../../src/session/up.ts'
import type { CassandraClient, Consistency } from '../../../src/stores/cassandra/client.ts'
import { bucketOf } from '../../../src/workloads/messaging/ids.ts'
import { messagingStores } from '../../../src/workloads/messaging/stores.ts'
import { nodeAlone } from '../cassandra-writers.ts'
import { eventually } from '../context.ts'
import type { MessagingCase } from '../messaging-case.ts'
import type { Talk } from './talks.ts'

const STORED = {
  text: 'SELECT message_id FROM messages WHERE conversation_id = ? AND bucket = ? AND message_id = ?',
  idempotent: true,
}

/** Whether whoever answers a client has a message. */
export async function isStored(
  cassandra: CassandraClient,
  conversation: string,
  message: bigint,
  consistency: Consistency = 'LOCAL_QUORUM',
): Promise<boolean> {
  const values = [conversation, bucketOf(message), message] as const
  return (await cassandra.query(STORED, values, { consistency })).length === 1
}

/** Resolves when a node by itself has every message of some talks. @throws Error when it has not within minutes */
export async function untilThere(
  { endpoints }: MessagingCase,
  index: number,
  talks: readonly Talk[],
): Promise<void> {
  const alone = endpoints.map((each) => (each.store === 'cassandra' ? nodeAlone(each, index) : each))
  const stores = await connectStores(alone, { poolSize: 1, applicationName: 'arch test alone' })
  try {
    const { cassandra } = messagingStores(stores, 'fixed')
    for (const { conversation, said } of talks)
      for (const { message } of said)
        await eventually(() => isStored(cassandra, conversation, BigInt(message), 'LOCAL_ONE'))
  } finally {
    await closeStores(stores)
  }
}

/** Makes each node answer from its own copy, where it is asked for one. */
export async function answerAlone({ own: { cassandra } }: MessagingCase): Promise<void> {
  const client: CassandraClient = cassandra
  await client.execute(`ALTER TABLE messages WITH speculative_retry = 'NEVER'`)
}
