import type { Cost } from '../../../core/cost.ts'
import { shardOfId } from '../../../core/snowflake.ts'
import type { PostgresClient, Statement } from '../../../stores/postgres/client.ts'
import type { ProfileView } from '../application.ts'

interface UserRow {
  readonly user_id: bigint
  readonly username: string
  readonly full_name: string
  readonly bio: string
  readonly picture: string
  readonly is_private: boolean
  readonly version: number
  readonly followers: bigint
  readonly following: bigint
  readonly posts: bigint
}

const loadUsers: Statement = {
  name: 'social-load-users',
  text: `
SELECT u.user_id, u.username, coalesce(u.full_name, '') AS full_name, coalesce(u.bio, '') AS bio,
  coalesce(u.profile_pic_url, '') AS picture, u.is_private, u.version, c.followers, c.following, c.posts
FROM unnest($1::smallint[], $2::bigint[]) AS wanted(shard, user_id)
JOIN users u ON u.shard = wanted.shard AND u.user_id = wanted.user_id
CROSS JOIN LATERAL (
  SELECT coalesce(sum(count) FILTER (WHERE kind = 4), 0)::bigint AS followers,
    coalesce(sum(count) FILTER (WHERE kind = 5), 0)::bigint AS following,
    coalesce(sum(count) FILTER (WHERE kind = 6), 0)::bigint AS posts
  FROM counters WHERE shard = u.shard AND entity_id = u.user_id AND kind IN (4, 5, 6)
) c`,
}

/** Profiles by id with their counts, in one statement for all of them. */
export async function loadUsersById(
  postgres: PostgresClient,
  ids: readonly string[],
  cost: Cost,
): Promise<ReadonlyMap<string, ProfileView>> {
  const userIds = ids.map(BigInt)
  const rows = await postgres.query<UserRow>(loadUsers, [userIds.map(shardOfId), userIds], cost)
  return new Map(rows.map((row) => [row.user_id.toString(), profile(row)]))
}

function profile(row: UserRow): ProfileView {
  return {
    userId: row.user_id,
    username: row.username,
    fullName: row.full_name,
    bio: row.bio,
    pictureUrl: row.picture,
    isPrivate: row.is_private,
    followerCount: Math.max(0, Number(row.followers)),
    followingCount: Math.max(0, Number(row.following)),
    postCount: Math.max(0, Number(row.posts)),
    version: row.version,
  }
}
