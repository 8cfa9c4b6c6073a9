import type { Context } from '../../../core/operation.ts'
import type { SocialApplication } from '../application.ts'
import type { Services } from './services.ts'

const INSERT_LIKE = {
  name: 'as_written_like',
  text: 'INSERT INTO likes (post_id, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING post_id',
}

const DELETE_LIKE = {
  name: 'as_written_unlike',
  text: 'DELETE FROM likes WHERE post_id = $1 AND user_id = $2 RETURNING post_id',
}

const ADD_TO_COUNT = {
  name: 'as_written_like_count_up',
  text: 'UPDATE posts SET like_count = like_count + 1 WHERE post_id = $1',
}

const TAKE_FROM_COUNT = {
  name: 'as_written_like_count_down',
  text: 'UPDATE posts SET like_count = like_count - 1 WHERE post_id = $1',
}

/**
 * The text has no code for this (S-40): the obvious one inserts the row (l.144) and adds to the "incremental counter"
 * (l.294), whether or not the row was there (S-14), in the post's own row (S-13).
 */
export async function like(
  { postgres }: Services,
  { userId, postId }: Parameters<SocialApplication['like']>[0],
  { cost }: Context,
): Promise<{ created: boolean }> {
  const rows = await postgres.query(INSERT_LIKE, [postId, userId], cost)
  await postgres.query(ADD_TO_COUNT, [postId], cost)
  return { created: rows.length > 0 }
}

/** As `like`, the other way round: the count may fall below zero (S-14). */
export async function unlike(
  { postgres }: Services,
  { userId, postId }: Parameters<SocialApplication['unlike']>[0],
  { cost }: Context,
): Promise<{ removed: boolean }> {
  const rows = await postgres.query(DELETE_LIKE, [postId, userId], cost)
  await postgres.query(TAKE_FROM_COUNT, [postId], cost)
  return { removed: rows.length > 0 }
}
