import type { FlowEnd } from '../../../../core/operation.ts'
import { newCost } from '../../../../core/cost.ts'
import type { RoleHost } from '../../../../core/workload.ts'
import type { PostgresClient, Statement } from '../../../../stores/postgres/client.ts'
import type { RedisClient, RedisCommand, RedisReply } from '../../../../stores/redis/client.ts'
import { authorPages } from '../feed/author-lists.ts'
import { KEPT, listOf } from '../feed/ids.ts'
import { keys } from '../keys.ts'
import type { SocialChoice } from '../choice.ts'
import { arrayOf } from '../../../../patterns/arrays.ts'
import { BEGIN_SHORT_BATCH } from './begin.ts'
import { INSERT_POST, PULLED } from './scripts.ts'

/** The flow that a post begins and that ends in the feeds of its author's followers. */
const FANOUT_FLOW = 'feed.fanout'
/** Followers of one chunk: one script, a millisecond or two of the server (S-27). */
const CHUNK = 500
/** Tasks of one round. */
const TASKS = 32

interface TaskRow {
  readonly post: string
  readonly author: string
  readonly chunk: number
  readonly is_pull: boolean
  /** Followers of this chunk, ascending, by commas. */
  readonly followers: string
  /** Followers of this chunk and of all after it. */
  readonly remaining: number
}

// A switch (post = author) comes before the author's posts: user ids are older. A pull author's posts reach nobody.
const NEXT_CHUNKS: Statement = {
  name: 'fanout_next_chunks',
  text: `SELECT task.post_id::text AS post, task.author_id::text AS author, task.chunk, task.is_pull,
  coalesce(page.followers, '') AS followers, rest.remaining
FROM (
  SELECT t.post_id, t.author_id, t.chunk, t.next_follower_id, t.shard, $1 AND coalesce(u.is_pull, false) AS is_pull
  FROM fanout_tasks t LEFT JOIN users u ON u.shard = t.shard AND u.user_id = t.author_id
  ORDER BY t.post_id LIMIT $2) task
CROSS JOIN LATERAL (
  SELECT string_agg(f.follower_id::text, ',' ORDER BY f.follower_id) AS followers FROM (
    SELECT follower_id FROM followers
    WHERE shard = task.shard AND following_id = task.author_id AND follower_id > task.next_follower_id
      AND $4 AND (task.post_id = task.author_id OR NOT task.is_pull)
    ORDER BY follower_id LIMIT $3) f) page
CROSS JOIN LATERAL (
  SELECT count(*)::int AS remaining FROM followers
  WHERE shard = task.shard AND following_id = task.author_id AND follower_id > task.next_follower_id
    AND $4 AND (task.post_id = task.author_id OR NOT task.is_pull)) rest`,
}

const SAVE: Statement = {
  name: 'fanout_save',
  text: `WITH finished AS (
  DELETE FROM fanout_tasks t USING unnest($1::bigint[]) AS done(post_id)
  WHERE t.shard = shard_of(done.post_id) AND t.post_id = done.post_id)
UPDATE fanout_tasks t SET next_follower_id = step.follower_id, chunk = t.chunk + 1
FROM unnest($2::bigint[], $3::bigint[]) AS step(post_id, follower_id)
WHERE t.shard = shard_of(step.post_id) AND t.post_id = step.post_id`,
}

/** What a fan-out works with. */
export interface FanoutWork {
  readonly postgres: PostgresClient
  readonly redis: RedisClient
  readonly choice: SocialChoice
  readonly host: RoleHost
}

function commandsOf(redis: RedisClient, task: TaskRow): [RedisCommand, RedisCommand] {
  // An author's own list is kept wherever there is one, so that the moment of a switch loses nothing.
  const feeds = listOf(task.followers).map(keys.feed)
  return [
    redis.call(INSERT_POST, [keys.author(task.author)], [task.post, KEPT]),
    redis.call(INSERT_POST, feeds, [task.post, KEPT]),
  ]
}

function endOf(task: TaskRow, inserted: RedisReply | undefined): FlowEnd {
  return {
    flow: FANOUT_FLOW,
    key: task.post,
    part: task.chunk,
    of: task.chunk + Math.max(1, Math.ceil(task.remaining / CHUNK)),
    weight: Number(inserted ?? 0),
    atMicros: Number(process.hrtime.bigint() / 1000n),
  }
}

async function push(work: FanoutWork, tasks: readonly TaskRow[]): Promise<FlowEnd[]> {
  const replies = await work.redis.wave(tasks.flatMap((task) => commandsOf(work.redis, task)))
  return tasks.map((task, index) => endOf(task, replies[2 * index + 1]))
}

async function announce(work: FanoutWork, task: TaskRow): Promise<void> {
  // Built where it is missing; where another process builds it, that will do.
  if (task.chunk === 0) await authorPages(work, [task.author], '', 1, newCost())
  const readers = listOf(task.followers).flatMap((reader) => [
    keys.pulls(reader),
    keys.lease(keys.feed(reader)),
  ])
  await work.redis.wave([work.redis.call(PULLED, readers, [task.author])])
}

async function save(work: FanoutWork, tasks: readonly TaskRow[]): Promise<void> {
  const going = tasks.filter((task) => task.remaining > CHUNK)
  const done = tasks.filter((task) => task.remaining <= CHUNK).map((task) => task.post)
  const reached = going.map((task) => listOf(task.followers).at(-1) ?? '0')
  const values = [arrayOf(done), arrayOf(going.map((task) => task.post)), arrayOf(reached)]
  await work.postgres.query(SAVE, values)
}

/**
 * Brings the oldest unfinished posts one chunk of followers further: into the feeds that are warm, once each, whatever
 * dies (SOC-59, SOC-63, S-21, S-26 to S-28). A pull author's post goes to his own list only (SOC-66). The role reports an
 * end for each chunk, its weight the feeds that the post was inserted into. Answers false when there was nothing to do.
 */
export async function fanOut(work: FanoutWork): Promise<boolean> {
  const { fanout } = work.choice
  const values = [fanout === 'hybrid', TASKS, CHUNK, fanout !== 'pull']
  const tasks = await work.postgres.transaction(
    (queries) => queries.query<TaskRow>(NEXT_CHUNKS, values),
    BEGIN_SHORT_BATCH,
  )
  if (tasks.length === 0) return false
  for (const task of tasks) if (task.post === task.author) await announce(work, task)
  const ends = await push(
    work,
    tasks.filter((task) => task.post !== task.author),
  )
  await work.host.faultPoint('fanout.mid-chunk')
  await save(work, tasks)
  work.host.flowEnds(ends)
  await work.host.faultPoint('fanout.after-chunk')
  return true
}
