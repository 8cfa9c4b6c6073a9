import type { PostgresClient, PostgresQueries, Statement } from '../../../../stores/postgres/client.ts'
import { switchAuthors } from '../pull-authors.ts'
import type { SocialChoice } from '../choice.ts'
import { arrayOf } from '../../../../patterns/arrays.ts'
import { BEGIN_SHORT_BATCH } from './begin.ts'
import { markStaleCounts } from './count-copies.ts'
import { applyMirrors } from './mirrors.ts'
import { moveTables } from './outbox.ts'
import type { RelayPosition } from '../../../../patterns/outbox/position.ts'
import type { BatchSummary } from './summary.ts'

const COUNT: Statement = {
  name: 'relay_count',
  text: `INSERT INTO counters (entity_id, count, kind, slot, shard)
SELECT change.entity_id, change.count, change.kind, 0, shard_of(change.entity_id)
FROM unnest($1::bigint[], $2::bigint[], $3::smallint[]) AS change(entity_id, count, kind)
ORDER BY shard_of(change.entity_id), change.entity_id, change.kind
ON CONFLICT (shard, entity_id, kind, slot) DO UPDATE SET count = counters.count + EXCLUDED.count`,
}

const TASKS: Statement = {
  name: 'relay_tasks',
  text: `INSERT INTO fanout_tasks (post_id, author_id, shard)
SELECT task.post_id, task.author_id, shard_of(task.post_id)
FROM unnest($1::bigint[], $2::bigint[]) AS task(author_id, post_id) ON CONFLICT DO NOTHING`,
}

const COPY_TO_POSTS: Statement = {
  name: 'relay_copy_to_posts',
  text: `UPDATE posts p SET username = u.username, user_profile_pic = u.profile_pic_url
FROM unnest($1::bigint[]) AS changed(user_id)
  JOIN users u ON u.shard = shard_of(changed.user_id) AND u.user_id = changed.user_id
WHERE p.shard = shard_of(changed.user_id) AND p.user_id = changed.user_id
  AND (p.username, p.user_profile_pic) IS DISTINCT FROM (u.username, u.profile_pic_url)`,
}

const COPY_TO_COMMENTS: Statement = {
  name: 'relay_copy_to_comments',
  text: `UPDATE comments c SET username = u.username, user_profile_pic = u.profile_pic_url
FROM unnest($1::bigint[]) AS changed(user_id)
  JOIN users u ON u.shard = shard_of(changed.user_id) AND u.user_id = changed.user_id
WHERE c.user_id = changed.user_id
  AND (c.username, c.user_profile_pic) IS DISTINCT FROM (u.username, u.profile_pic_url)`,
}

async function applyCounters(queries: PostgresQueries, counters: ReadonlyMap<string, number>): Promise<void> {
  const entities: string[] = []
  const counts: number[] = []
  const kinds: number[] = []
  for (const [key, count] of counters) {
    if (count === 0) continue
    const [entity = '', kind = ''] = key.split(':')
    entities.push(entity)
    counts.push(count)
    kinds.push(Number(kind))
  }
  if (entities.length > 0) await queries.query(COUNT, [arrayOf(entities), arrayOf(counts), arrayOf(kinds)])
}

/** What one transaction of the relay takes from where to where. */
export interface TableStep {
  readonly from: RelayPosition
  readonly to: RelayPosition
  readonly summary: BatchSummary
  readonly choice: SocialChoice
  beforeCommit(): Promise<void> | void
}

/**
 * Applies what a batch changes in PostgreSQL and moves the position in the same transaction: exactly once, whatever
 * dies. Answers false, having changed nothing, when another relay has moved the position.
 */
export function applyToTables(postgres: PostgresClient, step: TableStep): Promise<boolean> {
  const { summary, choice } = step
  return postgres.transaction(async (queries) => {
    if (!(await moveTables(queries, step.from, step.to))) return false
    await applyMirrors(queries, summary)
    await applyCounters(queries, summary.counters)
    await markStaleCounts(queries, summary)
    if (choice.fanout === 'hybrid') await switchAuthors(queries, summary.followedUsers)
    if (summary.posts.to.length > 0)
      await queries.query(TASKS, [arrayOf(summary.posts.from), arrayOf(summary.posts.to)])
    if (summary.changedUsers.length > 0) {
      await queries.query(COPY_TO_POSTS, [arrayOf(summary.changedUsers)])
      await queries.query(COPY_TO_COMMENTS, [arrayOf(summary.changedUsers)])
    }
    await step.beforeCommit()
    return true
  }, BEGIN_SHORT_BATCH)
}
