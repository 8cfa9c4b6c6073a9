import t from 'tap'
import { firstIdAt, composeId } from '../../src/core/snowflake.ts'
import type { PostgresClient, SqlValue } from '../../src/stores/postgres/client.ts'
import { socialStores } from '../../src/workloads/social/stores.ts'
import { startNewStores } from '../helpers/stores.ts'
import { workload } from '../../src/workloads/social/index.ts'

const { stores } = await startNewStores(['postgres', 'redis'])
const { postgres } = socialStores(stores, 'fixed')
const asWritten = socialStores(stores, 'as-written').postgres

let statements = 0
function rows<Row extends object>(
  database: PostgresClient,
  text: string,
  values?: readonly SqlValue[],
): Promise<Row[]> {
  statements += 1
  return database.query<Row>({ name: `schema_test_${statements}`, text }, values)
}

async function columns(database: PostgresClient, table: string): Promise<string[]> {
  const found = await rows<{ line: string }>(
    database,
    `SELECT concat_ws(' ', attname, format_type(atttypid, atttypmod), CASE WHEN attnotnull THEN 'NOT NULL' END) AS line
     FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    [table],
  )
  return found.map(({ line }) => line)
}

const USER = composeId({ timeMs: Date.UTC(2025, 0, 1), shard: 9, worker: 0, sequence: 0 })

t.test('provisioning twice changes nothing the second time', async (t) => {
  for (const variant of ['fixed', 'as-written'] as const) {
    t.match(await workload.variants[variant].provision(stores, () => undefined), { changed: true })
    t.match(await workload.variants[variant].provision(stores, () => undefined), { changed: false })
    t.strictSame(await workload.variants[variant].schemaDifferences(stores), [], `${variant} is as declared`)
  }
  t.match(await workload.variants.fixed.ensurePartitions(stores, 3), { changed: false })
  t.match(await workload.variants.fixed.ensurePartitions(stores, 4), { changed: true })
  t.strictSame(
    await workload.variants.fixed.schemaDifferences(stores),
    [],
    'a further month is no difference',
  )
})

t.test('users, posts and comments have the documented columns (SOC-28, SOC-40, SOC-48)', async (t) => {
  t.strictSame((await columns(asWritten, 'users')).slice(0, 6), [
    'user_id bigint NOT NULL',
    'username character varying(30) NOT NULL',
    'email character varying(255) NOT NULL',
    'full_name character varying(100)',
    'bio character varying(150)',
    'profile_pic_url character varying(500)',
  ])
  t.equal((await columns(asWritten, 'users')).length, 13)
  t.equal((await columns(asWritten, 'posts')).length, 9)
  t.strictSame((await columns(postgres, 'users')).slice(0, 13), [
    'user_id bigint NOT NULL',
    'username character varying(30) NOT NULL',
    'email character varying(255) NOT NULL',
    'full_name character varying(100)',
    'bio character varying(150)',
    'profile_pic_url character varying(500)',
    'follower_count integer NOT NULL',
    'following_count integer NOT NULL',
    'post_count integer NOT NULL',
    'is_verified boolean NOT NULL',
    'is_private boolean NOT NULL',
    'created_at timestamp with time zone NOT NULL',
    'updated_at timestamp with time zone NOT NULL',
  ])
  t.strictSame((await columns(postgres, 'posts')).slice(0, 9), [
    'post_id bigint NOT NULL',
    'user_id bigint NOT NULL',
    'caption text NOT NULL',
    'media_urls jsonb NOT NULL',
    'like_count integer NOT NULL',
    'comment_count integer NOT NULL',
    'created_at timestamp with time zone NOT NULL',
    'username character varying(30) NOT NULL',
    'user_profile_pic character varying(500)',
  ])
  t.strictSame((await columns(postgres, 'comments')).slice(0, 9), [
    'comment_id bigint NOT NULL',
    'post_id bigint NOT NULL',
    'user_id bigint NOT NULL',
    'parent_comment_id bigint',
    'content text NOT NULL',
    'like_count integer NOT NULL',
    'created_at timestamp with time zone NOT NULL',
    'username character varying(30) NOT NULL',
    'user_profile_pic character varying(500)',
  ])
})

t.test(
  'every sharded table leads its key with the shard, ends its columns with it, and checks it (X-06)',
  async (t) => {
    const sharded = await rows<{ name: string; leads: boolean; ends: boolean; checked: boolean }>(
      postgres,
      `SELECT c.relname AS name, x.indkey[0] = a.attnum AS leads,
       a.attnum = (SELECT max(attnum) FROM pg_attribute WHERE attrelid = c.oid AND NOT attisdropped) AS ends,
       EXISTS (SELECT 1 FROM pg_constraint WHERE conrelid = c.oid AND conname = c.relname || '_shard_check') AS checked
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'shard'
       JOIN pg_index x ON x.indrelid = c.oid AND x.indisprimary
     WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition
       AND c.relname NOT IN ('username_claims', 'email_claims', 'fanout_tasks')`,
    )
    t.ok(sharded.length >= 13)
    for (const { name, leads, ends, checked } of sharded)
      t.strictSame([leads, ends, checked], [true, true, true], name)
  },
)

t.test('hash partitions are 64 and 128 (SOC-47, SOC-56)', async (t) => {
  const counts = async (database: PostgresClient): Promise<Record<string, number>> => {
    const found = await rows<{ parent: string; partitions: number }>(
      database,
      `SELECT inhparent::regclass::text AS parent, count(*)::int AS partitions FROM pg_inherits
       JOIN pg_partitioned_table p ON p.partrelid = inhparent WHERE p.partstrat = 'h' GROUP BY 1`,
    )
    return Object.fromEntries(found.map(({ parent, partitions }) => [parent, partitions]))
  }
  t.strictSame(await counts(postgres), {
    likes_by_post: 64,
    likes_by_user: 64,
    comment_likes: 64,
    follows: 128,
    followers: 128,
  })
  t.strictSame(await counts(asWritten), { likes: 64, follows: 128 })
})

t.test(
  'a row of last month, this one or the next three lies in a month partition, never in DEFAULT (S-07)',
  async (t) => {
    const now = new Date()
    for (let step = -1; step <= 3; step += 1) {
      const moment = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + step, 1)
      for (const timeMs of [moment, Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + step + 1, 1) - 1]) {
        const post = composeId({ timeMs, shard: 9, worker: 1, sequence: 1 })
        const [made] = await rows<{ partition: string }>(
          postgres,
          `INSERT INTO posts (post_id, user_id, created_at, username, shard) VALUES ($1, $2, time_of($1), 'ada', 9)
         RETURNING tableoid::regclass::text AS partition`,
          [post, USER],
        )
        t.equal(made?.partition, `posts_${new Date(timeMs).toISOString().slice(0, 7).replace('-', '_')}`)
        await rows(
          postgres,
          `INSERT INTO comments (comment_id, post_id, user_id, content, created_at, username, shard)
        VALUES ($1, $1, $2, 'well', time_of($1), 'ada', 9)`,
          [post, USER],
        )
      }
    }
    t.strictSame(
      await rows(postgres, 'SELECT 1 FROM posts_default UNION ALL SELECT 1 FROM comments_default'),
      [],
    )
  },
)

t.test('ids and the SQL functions over them agree with those of the program', async (t) => {
  const moment = new Date('2026-03-01T00:00:00.123Z')
  const id = composeId({ timeMs: moment.getTime(), shard: 201, worker: 5, sequence: 77 })
  const [row] = await rows<{ shard: number; moment: Date; first: bigint }>(
    postgres,
    'SELECT shard_of($1) AS shard, time_of($1) AS moment, first_id_at($2) AS first',
    [id, moment],
  )
  t.strictSame(row, { shard: 201, moment, first: firstIdAt(moment.getTime()) })
})

t.test('a shard that is not the one in the id is refused', async (t) => {
  const insert = (shard: number): Promise<unknown> =>
    rows(postgres, 'INSERT INTO follows (follower_id, following_id, shard) VALUES ($1, 5, $2)', [USER, shard])
  await t.rejects(insert(8), { code: '23514', constraint: 'follows_shard_check' })
  await insert(9)
})

t.test(
  'a like that is replayed is one row (SOC-45), and a reply answers a comment of its own post (S-47)',
  async (t) => {
    for (const expected of [1, 0, 0]) {
      const made = await rows(
        postgres,
        `INSERT INTO likes_by_post (post_id, user_id, shard) VALUES ($1, 5, 9) ON CONFLICT DO NOTHING RETURNING post_id`,
        [USER],
      )
      t.equal(made.length, expected)
    }
    const reply = rows(
      postgres,
      `INSERT INTO comments (comment_id, post_id, user_id, parent_comment_id, content, created_at, username, depth, shard)
     SELECT post_id + 1, post_id, user_id, post_id + 2, 'no', now(), 'ada', 1, 9 FROM posts LIMIT 1`,
    )
    await t.rejects(reply, { code: '23503', constraint: 'comments_parent_fkey' })
  },
)

t.test(
  'settings go with their user, have their defaults (SOC-37, SOC-38), and a change bumps the version (S-46)',
  async (t) => {
    await rows(
      postgres,
      `INSERT INTO users (user_id, username, email, shard) VALUES ($1, 'ada', 'ada@example.org', 9)`,
      [USER],
    )
    await rows(postgres, 'INSERT INTO user_settings (user_id, shard) VALUES ($1, 9)', [USER])
    t.match(await rows(postgres, 'SELECT * FROM user_settings'), [
      { notifications_enabled: true, dark_mode: false, language: 'en', preferences: {} },
    ])
    const changed = `UPDATE users SET bio = 'x' RETURNING version, updated_at > created_at AS later`
    t.match(await rows(postgres, changed), [{ version: 2, later: true }])
    await rows(postgres, 'DELETE FROM users')
    t.strictSame(await rows(postgres, 'SELECT 1 FROM user_settings'), [])
  },
)

t.test('a lookup by id reads one partition, and so does "who follows X" (S-12)', async (t) => {
  const scanned = async (text: string): Promise<number> => {
    const plan = await rows<Record<string, string>>(postgres, `EXPLAIN ${text}`)
    return plan.filter((line) => /Scan .*on \w+_\d+/.test(line['QUERY PLAN'] ?? '')).length
  }
  const post = firstIdAt(Date.now())
  t.equal(await scanned(`SELECT * FROM posts WHERE shard = shard_of(${post}) AND post_id = ${post}`), 1)
  t.equal(
    await scanned(`SELECT * FROM followers WHERE shard = shard_of(${USER}) AND following_id = ${USER}`),
    1,
  )
  t.equal(await scanned(`SELECT * FROM follows WHERE shard = shard_of(${USER}) AND follower_id = ${USER}`), 1)
  t.equal(
    await scanned(`SELECT * FROM likes_by_user WHERE shard = shard_of(${USER}) AND user_id = ${USER}`),
    1,
  )
})

t.test('a partition that was dropped is made again', async (t) => {
  await postgres.execute('DROP TABLE likes_by_post_07')
  t.match(await workload.variants.fixed.schemaDifferences(stores), [
    { object: 'partition likes_by_post_07', found: 'nothing' },
  ])
  t.match(await workload.variants.fixed.provision(stores, () => undefined), { changed: true })
  t.strictSame(await workload.variants.fixed.schemaDifferences(stores), [])
})

t.test('each change made by hand is a difference of its own', async (t) => {
  await postgres.execute(`
    DROP TRIGGER users_touch ON users;
    ALTER TABLE users DROP COLUMN bio;
    ALTER TABLE posts ALTER COLUMN caption TYPE varchar(2000);
    ALTER TABLE comments ALTER COLUMN username DROP NOT NULL;
    ALTER TABLE user_settings ALTER COLUMN language SET DEFAULT 'de';
    ALTER TABLE blocks DROP CONSTRAINT blocks_not_self_check;
    DROP INDEX posts_post_id_idx;
    DROP TABLE likes_by_post_07;
    CREATE TABLE scribble (note text);
    CREATE OR REPLACE FUNCTION shard_of(id bigint) RETURNS smallint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
      RETURN 0::smallint;`)
  const differences = await workload.variants.fixed.schemaDifferences(stores)
  t.strictSame(
    differences.map(({ object }) => object),
    [
      'column comments.username',
      'column posts.caption',
      'column scribble.note',
      'column user_settings.language',
      'column users.bio',
      'constraint blocks.blocks_not_self_check',
      'function shard_of(id bigint)',
      'index posts_post_id_idx',
      'partition likes_by_post_07',
      'table scribble',
      'trigger users.users_touch',
    ],
  )
  t.match(
    differences.find(({ object }) => object === 'column posts.caption'),
    { expected: "text NOT NULL DEFAULT ''::text", found: /^character varying\(2000\) NOT NULL/ },
  )
  await t.rejects(
    workload.variants.fixed.provision(stores, () => undefined),
    {
      message: 'schemas/social/postgres.sql does not run: column "bio" of relation "users" does not exist',
      exitCode: 3,
    },
  )
})

t.test('a month partition with other bounds than its name says is a difference', async (t) => {
  await asWritten.execute(
    `CREATE TABLE posts_2031_05 PARTITION OF posts FOR VALUES FROM ('2031-05-01') TO ('2031-05-02')`,
  )
  t.match(await workload.variants['as-written'].schemaDifferences(stores), [
    { object: 'partition posts_2031_05' },
  ])
})

t.test('a database that is not there is one difference, and partitions cannot be made in it', async (t) => {
  await asWritten.dropDatabase('arch_social_as_written')
  t.match(await workload.variants['as-written'].schemaDifferences(stores), [
    { object: 'database arch_social_as_written' },
  ])
  await t.rejects(workload.variants['as-written'].ensurePartitions(stores, 3), {
    message: /arch_social_as_written is not there/,
    exitCode: 3,
  })
})
