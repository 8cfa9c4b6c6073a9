import type { JournalEntry, JournalOutcome, JournalReader } from '../../src/core/journal.ts'
import type { JournalKeys } from '../../src/core/operation.ts'
import type { PostgresClient } from '../../src/stores/postgres/client.ts'
import type { RedisCommand } from '../../src/stores/redis/client.ts'
import { keys } from '../../src/workloads/social/fixed/keys.ts'

interface Write {
  readonly operation: string
  readonly keys: JournalKeys
  readonly outcome?: JournalOutcome
  readonly result?: JournalKeys
}

/** A journal of writes that followed one another, a millisecond each. */
export function journalOf(writes: readonly Write[]): JournalReader {
  const entries = writes.map((write, number): JournalEntry => ({
    number,
    phase: 'measure',
    stream: 'mix',
    operation: write.operation,
    keys: write.keys,
    outcome: write.outcome ?? 'ok',
    result: write.result ?? {},
    startedMicros: number * 2_000,
    finishedMicros: write.outcome === 'unknown' ? undefined : number * 2_000 + 1_000,
  }))
  return {
    async *entries(operation) {
      yield* entries.filter((entry) => operation === undefined || entry.operation === operation)
    },
  }
}

/** Computes mirrors, counters and their copies anew from the rows that they are derived from. */
export async function deriveTables(postgres: PostgresClient): Promise<void> {
  await postgres.execute(`
    CREATE OR REPLACE FUNCTION pg_temp.counted(id bigint, of_kind integer) RETURNS integer LANGUAGE sql AS
      'SELECT coalesce(sum(count), 0)::integer FROM counters c WHERE c.shard = shard_of(id) AND entity_id = id AND kind = of_kind';
    DELETE FROM counters; DELETE FROM followers; DELETE FROM blocked_by; DELETE FROM likes_by_user;
    DELETE FROM outbox; DELETE FROM relay_position; DELETE FROM fanout_tasks;
    DELETE FROM stale_counts;
    INSERT INTO relay_position (relay) VALUES ('test');
    INSERT INTO followers SELECT following_id, follower_id, created_at, shard_of(following_id) FROM follows;
    INSERT INTO blocked_by SELECT blocked_id, user_id, created_at, shard_of(blocked_id) FROM blocks;
    INSERT INTO likes_by_user SELECT user_id, post_id, created_at, shard_of(user_id) FROM likes_by_post;
    INSERT INTO counters (entity_id, count, kind, shard)
      SELECT id, count(*), kind, shard_of(id) FROM (
        SELECT post_id AS id, 1 AS kind FROM likes_by_post
        UNION ALL SELECT post_id, 2 FROM comments
        UNION ALL SELECT comment_id, 3 FROM comment_likes
        UNION ALL SELECT following_id, 4 FROM follows
        UNION ALL SELECT follower_id, 5 FROM follows
        UNION ALL SELECT user_id, 6 FROM posts WHERE deleted_at IS NULL) counted
      GROUP BY id, kind;
    UPDATE posts SET like_count = pg_temp.counted(post_id, 1), comment_count = pg_temp.counted(post_id, 2);
    UPDATE comments SET like_count = pg_temp.counted(comment_id, 3);
    UPDATE users SET follower_count = pg_temp.counted(user_id, 4), following_count = pg_temp.counted(user_id, 5),
      post_count = pg_temp.counted(user_id, 6)`)
}

/** The commands that make the feeds of all users, the lists of pull authors and the sets that readers need. */
export async function feedCommands(postgres: PostgresClient): Promise<RedisCommand[]> {
  const rows = await postgres.query<{ reader: bigint; pushed: bigint[]; pulls: bigint[]; blocked: bigint[] }>(
    {
      name: 'test feeds',
      text: `SELECT r.user_id AS reader,
        ARRAY(SELECT p.post_id FROM follows f JOIN users a ON a.user_id = f.following_id AND NOT a.is_pull
          JOIN posts p ON p.user_id = a.user_id AND p.deleted_at IS NULL
          WHERE f.follower_id = r.user_id ORDER BY p.post_id DESC LIMIT 900) AS pushed,
        ARRAY(SELECT a.user_id FROM follows f JOIN users a ON a.user_id = f.following_id AND a.is_pull
          WHERE f.follower_id = r.user_id) AS pulls,
        ARRAY(SELECT blocked_id FROM blocks b WHERE b.user_id = r.user_id
          UNION SELECT b.user_id FROM blocks b WHERE b.blocked_id = r.user_id) AS blocked
      FROM users r`,
    },
  )
  const authors = await postgres.query<{ author: bigint; posts: bigint[] }>({
    name: 'test author lists',
    text: `SELECT user_id AS author, ARRAY(SELECT post_id FROM posts p WHERE p.user_id = u.user_id
        AND deleted_at IS NULL ORDER BY post_id DESC) AS posts FROM users u WHERE is_pull`,
  })
  const list = (key: string, ids: readonly bigint[], end: string): RedisCommand => [
    'rpush',
    key,
    ...ids.map(String),
    end,
  ]
  return [
    ...rows.flatMap(({ reader, pushed, pulls, blocked }): RedisCommand[] => [
      pushed.length === 900
        ? ['rpush', keys.feed(reader), ...pushed.map(String)]
        : list(keys.feed(reader), pushed, '0'),
      ['sadd', keys.pulls(reader), '0', ...pulls.map(String)],
      ['sadd', keys.hidden(reader), '0', ...blocked.map((id) => `b${id}`)],
    ]),
    ...authors.map(({ author, posts }) => list(keys.author(author), posts, '0')),
  ]
}
