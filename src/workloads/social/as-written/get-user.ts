import type { Cost } from '../../../core/cost.ts'
import { Refusal } from '../../../core/errors.ts'
import type { CachedUser } from './cached-user.ts'
import type { Services } from './services.ts'

const TTL_SECONDS = 3600

const SELECT_USER = {
  name: 'as_written_get_user',
  text: `SELECT user_id::text, username, full_name, bio, profile_pic_url, follower_count, following_count, post_count,
                is_private, (extract(epoch FROM updated_at) * 1000)::float8 AS version
         FROM users WHERE user_id = $1`,
}

/**
 * The text's `CacheLayer.get_user` (l.260-285), statement by statement: process memory, Redis, database (SOC-75 to 78).
 * @throws Refusal `not-found` where the text would cache and return nothing (S-34)
 */
export async function getUser(services: Services, userId: bigint, cost: Cost): Promise<CachedUser> {
  const { l1, postgres, redis, ratios } = services
  ratios.l1[1] += 1
  const known = l1.get(userId)
  if (known !== undefined) {
    ratios.l1[0] += 1
    return known
  }
  ratios.users[1] += 1
  const [cached] = await redis.wave([['get', `user:${userId}`]], cost)
  if (typeof cached === 'string') {
    ratios.users[0] += 1
    const user = JSON.parse(cached) as CachedUser
    l1.set(userId, user)
    return user
  }
  const [user] = await postgres.query<CachedUser>(SELECT_USER, [userId], cost)
  if (user === undefined) throw new Refusal('not-found')
  await redis.wave([['setex', `user:${userId}`, TTL_SECONDS, JSON.stringify(user)]], cost)
  l1.set(userId, user)
  return user
}
