import { shardOfId } from '../../../core/snowflake.ts'
import type { Cost } from '../../../core/cost.ts'
import type { Context } from '../../../core/operation.ts'
import type { PostgresClient, Statement } from '../../../stores/postgres/client.ts'
import type { LikeAnswer, LikeRequest } from './like-request.ts'
import type { Services } from './services.ts'
import type { SocialChoice } from './choice.ts'
import { together } from '../../../patterns/together.ts'
import { obey } from '../../../patterns/verdict.ts'

const COUNTER_SLOTS = 32

const likePosts: Statement = {
  name: 'social-like',
  text: 'SELECT verdict, created FROM like_posts($1, $2, $3)',
}

/** While two commits are on their way, the likes that come wait for the next one: a hot post costs a row each, no more. */
const LIKES = { inFlight: 2, atOnce: 128 }

// The total over all slots is the rows' number whichever slot an unlike takes from (S-13, S-14).
const unlikePost: Statement = {
  name: 'social-unlike',
  text: `
WITH gone AS (
  DELETE FROM likes_by_post WHERE shard = $1 AND post_id = $2 AND user_id = $3 RETURNING post_id
), told AS (
  INSERT INTO outbox (actor_id, subject_id, kind) SELECT $3, post_id, 'like.removed' FROM gone
), counted AS (
  INSERT INTO counters AS c (entity_id, count, kind, slot, shard)
  SELECT post_id, -1, 1, $4::smallint, $1::smallint FROM gone WHERE $4 IS NOT NULL
  ON CONFLICT (shard, entity_id, kind, slot) DO UPDATE SET count = c.count - 1
)
SELECT EXISTS (SELECT FROM gone) AS removed`,
}

/** The counter row that a like adds to, null where the relay counts (SOC-80). */
function counterSlot(choice: SocialChoice): number | null {
  if (choice.counter === 'delta') return null
  return choice.counter === 'row' ? 0 : Math.floor(Math.random() * COUNTER_SLOTS)
}

/** Writes likes, all that come at once in one statement and one commit. */
export function likeWriter(
  postgres: PostgresClient,
  choice: SocialChoice,
): (like: LikeRequest, cost: Cost) => Promise<LikeAnswer> {
  return together<LikeRequest, LikeAnswer>((likes, cost) => {
    const users = likes.map(({ userId }) => userId)
    const posts = likes.map(({ postId }) => postId)
    return postgres.query<LikeAnswer>(likePosts, [users, posts, counterSlot(choice)], cost)
  }, LIKES)
}

/**
 * Likes a post: one round trip to PostgreSQL, durable when it answers; a replay changes nothing (SOC-08, SOC-45, S-14).
 * @throws Refusal `not-found`, `blocked` or `private`
 */
export async function like(
  services: Services,
  request: LikeRequest,
  context: Context,
): Promise<{ created: boolean }> {
  const { verdict, created } = await services.ask.like(request, context.cost)
  obey(verdict)
  return { created }
}

/** Takes a like back; whoever liked may, whatever happened to the post. A replay changes nothing (S-14). */
export async function unlike(
  services: Services,
  request: { userId: bigint; postId: bigint },
  context: Context,
): Promise<{ removed: boolean }> {
  const { userId, postId } = request
  const [row] = await services.postgres.query<{ removed: boolean }>(
    unlikePost,
    [shardOfId(postId), postId, userId, counterSlot(services.choice)],
    context.cost,
  )
  return { removed: row?.removed === true }
}
