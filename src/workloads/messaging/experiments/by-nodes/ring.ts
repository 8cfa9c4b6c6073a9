import { setTimeout as delay } from 'node:timers/promises'
import { ArchError } from '../../../../core/errors.ts'
import type { CassandraClient } from '../../../../stores/cassandra/client.ts'
import { INSERT_MESSAGE } from '../../fixed/gateway/statements.ts'
import { messageIds, messageValues, numberedUuid } from '../message.ts'

/** Conversations that are looked at: of each of three nodes a third, more or less. */
const CANDIDATES = 384
const ATTEMPTS = 200
const AGAIN_MS = 20

const LOCAL = { text: 'SELECT host_id, tokens FROM system.local', idempotent: true } as const
const PEERS = { text: 'SELECT host_id, tokens FROM system.peers', idempotent: true } as const
const TOKENS = {
  text: 'SELECT DISTINCT conversation_id, bucket, token(conversation_id, bucket) AS place FROM messages',
  idempotent: true,
} as const

/** A place on the ring, and the node whose it is, by its host id. */
interface Place {
  readonly token: bigint
  readonly node: string
}

interface NodeRow {
  readonly host_id: string
  readonly tokens: ReadonlySet<string>
}

interface TokenRow {
  readonly conversation_id: string
  readonly place: bigint
}

/** The ring in the order of its tokens. A node knows itself and the others: which one answers is the driver's choice. */
async function ringOf(server: CassandraClient, nodes: number): Promise<readonly Place[]> {
  const known = new Map<string, ReadonlySet<string>>()
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const rows = [...(await server.query<NodeRow>(LOCAL)), ...(await server.query<NodeRow>(PEERS))]
    for (const { host_id: node, tokens } of rows) known.set(node, tokens)
    if (known.size === nodes)
      return [...known]
        .flatMap(([node, tokens]) => [...tokens].map((token) => ({ node, token: BigInt(token) })))
        .sort((one, other) => (one.token < other.token ? -1 : 1))
    await delay(AGAIN_MS)
  }
  throw new ArchError(
    `Cassandra's nodes tell of ${known.size} of ${nodes} nodes`,
    'Start those that are missing: arch up messaging --topology cassandra=cluster',
  )
}

/** The node of a token: the first place that does not lie before it, around the ring. */
export function nodeOf(ring: readonly Place[], token: bigint): string | undefined {
  return (ring.find((place) => place.token >= token) ?? ring[0])?.node
}

/**
 * Conversations by the node that alone has their partition in a keyspace of one copy, as many of each node; what was
 * written to learn it stays in the table. @throws ArchError where a node is missing, OperationFailure
 */
export async function conversationsByNode(
  server: CassandraClient,
  oneCopy: CassandraClient,
): Promise<readonly (readonly string[])[]> {
  const counts = Object.values(await server.datacenters())
  const ring = await ringOf(
    server,
    counts.reduce((sum, count) => sum + count, 0),
  )
  const newId = messageIds()
  const candidates = Array.from({ length: CANDIDATES }, (_, number) =>
    messageValues(numberedUuid(0, number), newId(), number),
  )
  await oneCopy.writeAll(INSERT_MESSAGE, candidates)
  const found = new Map(ring.map(({ node }) => [node, new Set<string>()]))
  for (const { conversation_id, place } of await oneCopy.query<TokenRow>(TOKENS))
    found.get(nodeOf(ring, place) ?? '')?.add(conversation_id)
  const lists = [...found.values()].map((conversations) => [...conversations].sort())
  const fewest = Math.min(...lists.map(({ length }) => length))
  return lists.map((list) => list.slice(0, fewest))
}
