import type { Context } from '../../../core/operation.ts'
import type { SocialApplication } from '../application.ts'
import type { Services } from './services.ts'

const INSERT_FOLLOW = {
  name: 'as_written_follow',
  text: 'INSERT INTO follows (follower_id, following_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING follower_id',
}

const DELETE_FOLLOW = {
  name: 'as_written_unfollow',
  text: 'DELETE FROM follows WHERE follower_id = $1 AND following_id = $2 RETURNING follower_id',
}

const ADD_TO_FOLLOWING = {
  name: 'as_written_following_up',
  text: 'UPDATE users SET following_count = following_count + $2 WHERE user_id = $1',
}

const ADD_TO_FOLLOWERS = {
  name: 'as_written_followers_up',
  text: 'UPDATE users SET follower_count = follower_count + $2 WHERE user_id = $1',
}

async function count(
  { postgres }: Services,
  follower: bigint,
  following: bigint,
  by: number,
  context: Context,
): Promise<void> {
  await postgres.query(ADD_TO_FOLLOWING, [follower, by], context.cost)
  await postgres.query(ADD_TO_FOLLOWERS, [following, by], context.cost)
}

/**
 * The text has no code for this (S-40): the obvious one inserts the edge and adds to both counts, whether or not the
 * edge was there (S-14). The text has no table for requests, so that private accounts are followed at once.
 */
export async function follow(
  services: Services,
  { followerId, followingId }: Parameters<SocialApplication['follow']>[0],
  context: Context,
): Promise<{ state: 'following'; created: boolean }> {
  const rows = await services.postgres.query(INSERT_FOLLOW, [followerId, followingId], context.cost)
  await count(services, followerId, followingId, 1, context)
  return { state: 'following', created: rows.length > 0 }
}

/** As `follow`, the other way round; cached feeds keep the posts (S-41). */
export async function unfollow(
  services: Services,
  { followerId, followingId }: Parameters<SocialApplication['unfollow']>[0],
  context: Context,
): Promise<{ removed: boolean }> {
  const rows = await services.postgres.query(DELETE_FOLLOW, [followerId, followingId], context.cost)
  await count(services, followerId, followingId, -1, context)
  return { removed: rows.length > 0 }
}

/** The text has no requests (S-40): there is nothing to accept, the follower is in already. */
export function acceptFollow(): Promise<{ created: boolean }> {
  return Promise.resolve({ created: false })
}

/** The text has no table for blocks (S-40): the obvious code can only end the follows both ways. */
export async function block(
  services: Services,
  { userId, blockedId }: Parameters<SocialApplication['block']>[0],
  context: Context,
): Promise<{ created: boolean }> {
  await unfollow(services, { followerId: userId, followingId: blockedId }, context)
  await unfollow(services, { followerId: blockedId, followingId: userId }, context)
  return { created: false }
}
