import { EPOCH_MS } from '../../../core/snowflake.ts'
import type { Stores } from '../../../core/store.ts'
import type { Population, Progress, StepReport } from '../../../core/population.ts'
import { provisionKeyspace } from '../../../patterns/keyspace.ts'
import type { CassandraStatement, CassandraValue } from '../../../stores/cassandra/client.ts'
import { removeLocalMedia } from '../fixed/gateway/media.ts'
import { buildPopulation } from '../population.ts'
import type { MessagingPopulation } from '../population.ts'
import { declaredKeyspace } from '../schema.ts'
import { KEYSPACES, messagingStores } from '../stores.ts'

const JOINED = new Date(EPOCH_MS)

interface Rows {
  readonly statement: CassandraStatement
  readonly rows: Iterable<readonly CassandraValue[]>
}

function idempotent(text: string): CassandraStatement {
  return { text, idempotent: true }
}

function* conversationsOf(population: MessagingPopulation): Iterable<readonly [number, string]> {
  for (let index = 0; index < population.pairs + population.groups; index += 1)
    yield [index, population.conversationId(index)]
}

function* memberRows(population: MessagingPopulation): Iterable<readonly [string, bigint]> {
  for (const [index, conversation] of conversationsOf(population))
    for (const user of population.membersOf(index)) yield [conversation, population.userId(user)]
}

function* userRows(population: MessagingPopulation): Iterable<readonly [bigint, Date]> {
  for (let user = 0; user < population.size; user += 1) yield [population.userId(user), JOINED]
}

function* conversationRows(population: MessagingPopulation): Iterable<readonly [string, string, Date]> {
  for (const [index, conversation] of conversationsOf(population))
    yield [conversation, index < population.pairs ? 'pair' : 'group', JOINED]
}

function* joinedRows(population: MessagingPopulation): Iterable<readonly [string, bigint, Date]> {
  for (const [conversation, user] of memberRows(population)) yield [conversation, user, JOINED]
}

function* inboxRows(population: MessagingPopulation): Iterable<readonly [bigint, string]> {
  for (const [conversation, user] of memberRows(population)) yield [user, conversation]
}

function allRows(population: MessagingPopulation): readonly Rows[] {
  return [
    {
      statement: idempotent('INSERT INTO users (user_id, registered_at) VALUES (?, ?)'),
      rows: userRows(population),
    },
    {
      statement: idempotent('INSERT INTO conversations (conversation_id, kind, created_at) VALUES (?, ?, ?)'),
      rows: conversationRows(population),
    },
    {
      statement: idempotent('INSERT INTO members (conversation_id, user_id, joined_at) VALUES (?, ?, ?)'),
      rows: joinedRows(population),
    },
    {
      statement: idempotent('INSERT INTO inbox (user_id, conversation_id) VALUES (?, ?)'),
      rows: inboxRows(population),
    },
  ]
}

/**
 * Gives the fixed variant what every run of (seed, size) starts from: tables made anew, people and their conversations in
 * them, an empty Redis. Devices are not there yet: they make their own keys and register with the gateways.
 * @throws OperationFailure
 */
export async function seedFixed(
  stores: Stores,
  population: Population,
  progress: Progress,
): Promise<StepReport> {
  const { server, cassandra, redis } = messagingStores(stores, 'fixed')
  await removeLocalMedia(redis)
  await redis.flush()
  await server.dropKeyspace(KEYSPACES.fixed)
  await provisionKeyspace(server, declaredKeyspace('fixed'))
  const built = buildPopulation(population)
  let written = 0
  for (const { statement, rows } of allRows(built)) {
    progress('seed', written, undefined, 'rows')
    written += await cassandra.writeAll(statement, rows)
  }
  return {
    changed: true,
    summary: `${built.size} users, ${built.pairs} conversations of two and ${built.groups} groups, ${written} rows`,
  }
}

/**
 * Gives the text's variant its two tables, empty, and an empty Redis: it has no place for people, devices or members
 * (M-12). @throws OperationFailure
 */
export async function seedAsWritten(stores: Stores): Promise<StepReport> {
  const { server, redis } = messagingStores(stores, 'as-written')
  await removeLocalMedia(redis)
  await redis.flush()
  await server.dropKeyspace(KEYSPACES['as-written'])
  await provisionKeyspace(server, declaredKeyspace('as-written'))
  return {
    changed: true,
    summary: 'two empty tables: the text has no place for users and their conversations',
  }
}
