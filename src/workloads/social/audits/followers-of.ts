import type { PostgresQueries, Statement } from '../../../stores/postgres/client.ts'

const FOLLOWERS: Statement = {
  name: 'audit followers',
  text: `SELECT following_id AS author_id, array_agg(follower_id) AS followers
    FROM follows WHERE following_id = ANY ($1::bigint[]) GROUP BY following_id`,
}

/** Who follows each author now, from the edges themselves and not from their mirror. */
export async function followersOf(
  postgres: PostgresQueries,
  authors: Iterable<bigint>,
): Promise<ReadonlyMap<bigint, readonly bigint[]>> {
  const rows = await postgres.query<{ author_id: bigint; followers: bigint[] }>(FOLLOWERS, [
    [...new Set(authors)],
  ])
  return new Map(rows.map((row) => [row.author_id, row.followers]))
}
