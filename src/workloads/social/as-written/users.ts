import { Refusal } from '../../../core/errors.ts'
import type { Context } from '../../../core/operation.ts'
import { shardOfKey } from '../../../core/snowflake.ts'
import type { ProfileView, SocialApplication } from '../application.ts'
import { getUser } from './get-user.ts'
import type { Services } from './services.ts'

const UNIQUE_VIOLATION = '23505'

const INSERT_USER = {
  name: 'as_written_register',
  text: 'INSERT INTO users (user_id, username, email, full_name) VALUES ($1, $2, $3, $4)',
}

const INSERT_SETTINGS = {
  name: 'as_written_register_settings',
  text: 'INSERT INTO user_settings (user_id) VALUES ($1)',
}

const UPDATE_USER = {
  name: 'as_written_update_profile',
  text: `UPDATE users SET full_name = coalesce($2, full_name), bio = coalesce($3, bio),
                username = coalesce($4, username), updated_at = now()
         WHERE user_id = $1
         RETURNING (extract(epoch FROM updated_at) * 1000)::float8 AS version`,
}

/** The name or address is somebody else's: the database says so. Anything else is thrown on. */
function takenOr(error: unknown): unknown {
  const isTaken = error instanceof Error && 'code' in error && error.code === UNIQUE_VIOLATION
  return isTaken ? new Refusal('taken') : error
}

/**
 * The text has no code for this: the obvious one inserts the user and then the settings.
 * @throws Refusal `taken`
 */
export async function register(
  { postgres, ids }: Services,
  { username, email, fullName }: Parameters<SocialApplication['register']>[0],
  { cost }: Context,
): Promise<{ userId: bigint }> {
  const userId = ids.next(shardOfKey(username))
  try {
    await postgres.query(INSERT_USER, [userId, username, email, fullName], cost)
  } catch (error) {
    throw takenOr(error)
  }
  await postgres.query(INSERT_SETTINGS, [userId], cost)
  return { userId }
}

/** A profile from the text's `CacheLayer.get_user`; counts are as old as the cached row. */
export async function readProfile(
  services: Services,
  { userId }: Parameters<SocialApplication['readProfile']>[0],
  { cost }: Context,
): Promise<ProfileView> {
  const user = await getUser(services, userId, cost)
  return {
    userId: BigInt(user.user_id),
    username: user.username,
    fullName: user.full_name ?? '',
    bio: user.bio ?? '',
    pictureUrl: user.profile_pic_url ?? '',
    isPrivate: user.is_private,
    followerCount: user.follower_count,
    followingCount: user.following_count,
    postCount: user.post_count,
    version: Math.floor(user.version),
  }
}

/**
 * The text has no code for this: the obvious one updates the row and deletes it from Redis. Process memory is nowhere
 * invalidated in the text (S-32), and the copies in posts and comments stay as they are (S-17).
 * @throws Refusal `not-found`, `taken`
 */
export async function updateProfile(
  { postgres, redis }: Services,
  { userId, fullName, bio, username }: Parameters<SocialApplication['updateProfile']>[0],
  { cost }: Context,
): Promise<{ version: number }> {
  try {
    const [row] = await postgres.query<{ version: number }>(
      UPDATE_USER,
      [userId, fullName, bio, username],
      cost,
    )
    if (row === undefined) throw new Refusal('not-found')
    await redis.wave([['del', `user:${userId}`]], cost)
    return { version: Math.floor(row.version) }
  } catch (error) {
    throw takenOr(error)
  }
}
