import type { Cost } from '../../../core/cost.ts'
import { shardOfId } from '../../../core/snowflake.ts'
import type { PostgresClient, Statement } from '../../../stores/postgres/client.ts'

const loadEdges: Statement = {
  name: 'social-load-edges',
  text: `
SELECT follower_id, following_id FROM follows
WHERE shard = ANY ($1::smallint[]) AND follower_id = ANY ($2::bigint[]) AND following_id = ANY ($3::bigint[])`,
}

/** The name of the edge from a reader to an author, as the cache of edges knows it. */
export function edgeId(reader: string, author: string): string {
  return `${reader}:${author}`
}

/** Which of the edges `<reader>:<author>` exist, in one statement. */
export async function loadEdgesById(
  postgres: PostgresClient,
  ids: readonly string[],
  cost: Cost,
): Promise<ReadonlyMap<string, boolean>> {
  const ends = ids.map((id) => id.split(':').map(BigInt))
  const readers = [...new Set(ends.map(([reader = 0n]) => reader))]
  const authors = [...new Set(ends.map(([, author = 0n]) => author))]
  const shards = [...new Set(readers.map(shardOfId))]
  const rows = await postgres.query<{ follower_id: bigint; following_id: bigint }>(
    loadEdges,
    [shards, readers, authors],
    cost,
  )
  const existing = new Set(rows.map((row) => edgeId(String(row.follower_id), String(row.following_id))))
  return new Map(ids.map((id) => [id, existing.has(id)]))
}
