import type { Cost } from '../../../core/cost.ts'
import { shardOfId } from '../../../core/snowflake.ts'
import type { PostgresClient, Statement } from '../../../stores/postgres/client.ts'

const loadEdges: Statement = {
  name: 'social-load-edges',
  text: `
SELECT f.follower_id, f.following_id
FROM unnest($1::smallint[], $2::bigint[], $3::bigint[]) AS wanted(shard, follower_id, following_id)
JOIN follows f ON f.shard = wanted.shard AND f.follower_id = wanted.follower_id
  AND f.following_id = wanted.following_id`,
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
  const readers = ends.map(([reader = 0n]) => reader)
  const authors = ends.map(([, author = 0n]) => author)
  const rows = await postgres.query<{ follower_id: bigint; following_id: bigint }>(
    loadEdges,
    [readers.map(shardOfId), readers, authors],
    cost,
  )
  const existing = new Set(rows.map((row) => edgeId(String(row.follower_id), String(row.following_id))))
  return new Map(ids.map((id) => [id, existing.has(id)]))
}
