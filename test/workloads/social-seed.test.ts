import t from 'tap'
import type { VariantName } from '../../src/core/names.ts'
import type { Progress } from '../../src/core/population.ts'
import type { PostgresClient } from '../../src/stores/postgres/client.ts'
import { keys } from '../../src/workloads/social/fixed/keys.ts'
import { buildPopulation } from '../../src/workloads/social/population/build.ts'
import { fingerprintOf, reasonsToSeedAgain } from '../../src/patterns/seed/fingerprint.ts'
import { seedVariant } from '../../src/workloads/social/seed/seed.ts'
import { socialStores } from '../../src/workloads/social/stores.ts'
import { startNewStores } from '../helpers/stores.ts'
import { socialSchema } from '../../src/workloads/social/schema.ts'
import { workload } from '../../src/workloads/social/index.ts'

const { stores } = await startNewStores(['postgres', 'redis'])
const POPULATION = { seed: 5, size: 300 }
const population = buildPopulation(POPULATION)
const silent: Progress = () => undefined

let statements = 0
async function rows<Row extends object>(database: PostgresClient, text: string): Promise<Row[]> {
  statements += 1
  return database.query<Row>({ name: `seed_test_${statements}`, text })
}

/** How many rows each table holds, and a digest of them all. */
async function contents(variant: VariantName): Promise<Record<string, string>> {
  const { postgres } = socialStores(stores, variant)
  const tables = await rows<{ name: string }>(
    postgres,
    `SELECT relname AS name FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1`,
  )
  const found: Record<string, string> = {}
  for (const { name } of tables) {
    const [digest] = await rows<{ line: string }>(
      postgres,
      `SELECT count(*) || ' ' || coalesce(sum(hashtextextended(r::text, 0)), 0) AS line FROM ${name} r`,
    )
    found[name] = digest?.line ?? ''
  }
  return found
}

async function keysOf(variant: VariantName): Promise<number> {
  const [size] = await socialStores(stores, variant).redis.wave([['dbsize']])
  return Number(size)
}

async function count(variant: VariantName, text: string): Promise<number> {
  const [row] = await rows<{ n: number }>(
    socialStores(stores, variant).postgres,
    `SELECT count(*)::int AS n FROM ${text}`,
  )
  return row?.n ?? -1
}

t.test(
  'the second run reuses the template and starts from equal data, whatever the first did to its own',
  async (t) => {
    const { postgres, redis } = socialStores(stores, 'fixed')
    const steps = new Map<string, number>()
    const first = await seedVariant(
      'fixed',
      stores,
      POPULATION,
      {},
      (step, done) => void steps.set(step, done),
    )
    t.match(first, { changed: true, summary: /^template made; / })
    t.ok((steps.get('seed') ?? 0) > 40_000, 'progress tells the rows')
    const before = await contents('fixed')
    const keysBefore = await keysOf('fixed')
    t.strictSame(
      await workload.variants.fixed.schemaDifferences(stores),
      [],
      'the clone has the declared schema',
    )

    await postgres.execute('DELETE FROM follows; UPDATE users SET follower_count = 0; TRUNCATE posts')
    await redis.wave([['set', 'left', 'over']])
    const second = await seedVariant('fixed', stores, POPULATION, {}, silent)
    t.match(second, { changed: false, summary: /^template reused; / })
    t.strictSame(await contents('fixed'), before)
    t.equal(await keysOf('fixed'), keysBefore)
  },
)

t.test(
  'the rows are those of the population, and mirrors, counters and copies agree with them',
  async (t) => {
    const edges = Array.from({ length: population.size }, (_, user) => population.followees(user).length)
    const likes = Array.from({ length: population.posts }, (_, post) => population.likersOf(post).length)
    const total = (numbers: number[]): number => numbers.reduce((sum, number) => sum + number, 0)
    t.equal(await count('fixed', 'users'), population.size)
    t.equal(await count('fixed', 'user_settings'), population.size)
    t.equal(
      await count(
        'fixed',
        `username_claims c JOIN users u ON u.user_id = c.user_id
    WHERE c.folded_name = lower(u.username) AND c.state = 'confirmed'`,
      ),
      population.size,
    )
    t.equal(
      await count(
        'fixed',
        `email_claims c JOIN users u ON u.user_id = c.user_id
    WHERE c.folded_email = lower(u.email) AND c.state = 'confirmed'`,
      ),
      population.size,
    )
    t.equal(await count('fixed', 'follows'), total(edges))
    t.equal(await count('fixed', 'posts'), population.posts)
    t.equal(await count('fixed', 'comments'), population.comments)
    t.equal(await count('fixed', 'likes_by_post'), total(likes))

    const mirrors = [
      ['follows', 'followers', 'follower_id, following_id, created_at'],
      ['likes_by_post', 'likes_by_user', 'post_id, user_id, created_at'],
    ]
    for (const [one, other, columns] of mirrors) {
      const both = `(SELECT ${columns} FROM ${one} EXCEPT SELECT ${columns} FROM ${other}) one`
      t.equal(await count('fixed', both), 0, `${one} and ${other} agree`)
      t.equal(await count('fixed', one ?? ''), await count('fixed', other ?? ''))
    }
    const counted: readonly [number, string][] = [
      [1, 'SELECT post_id, count(*) FROM likes_by_post GROUP BY 1'],
      [2, 'SELECT post_id, count(*) FROM comments GROUP BY 1'],
      [4, 'SELECT following_id, count(*) FROM follows GROUP BY 1'],
      [5, 'SELECT follower_id, count(*) FROM follows GROUP BY 1'],
      [6, 'SELECT user_id, count(*) FROM posts GROUP BY 1'],
    ]
    for (const [kind, truth] of counted) {
      const wrong = `(SELECT entity_id, count FROM counters WHERE kind = ${kind}) c
      FULL JOIN (${truth}) k (id, n) ON k.id = c.entity_id WHERE coalesce(c.count, -1) <> coalesce(k.n, 0)`
      t.equal(await count('fixed', wrong), 0, `counters of kind ${kind}`)
    }
    const copy = (kind: number, id: string): string =>
      `(SELECT count FROM counters WHERE kind = ${kind} AND entity_id = ${id})`
    t.equal(
      await count(
        'fixed',
        `users u WHERE (follower_count, following_count, post_count) IS DISTINCT FROM
      (${copy(4, 'user_id')}, ${copy(5, 'user_id')}, ${copy(6, 'user_id')})`,
      ),
      0,
    )
    t.equal(
      await count(
        'fixed',
        `posts p JOIN users u USING (user_id) WHERE p.username <> u.username
      OR p.user_profile_pic <> u.profile_pic_url OR p.created_at <> time_of(p.post_id)
      OR (p.like_count, p.comment_count) IS DISTINCT FROM (${copy(1, 'post_id')}, ${copy(2, 'post_id')})`,
      ),
      0,
    )
    t.equal(
      await count('fixed', 'likes_by_post WHERE created_at <= time_of(post_id)'),
      0,
      'a like follows its post',
    )
    t.equal(await count('fixed', "likes_by_post WHERE created_at > '2026-01-01'"), 0, 'and lies in the past')
    t.equal(await count('fixed', 'posts_default'), 0)
  },
)

t.test(
  'feeds of the active are warm: newest first, complete, with the marks that say so (S-21)',
  async (t) => {
    const { redis } = socialStores(stores, 'fixed')
    for (const reader of population.activeUsers) {
      const id = population.userId(reader)
      const [feed, pulls, hidden] = await redis.wave([
        ['lrange', keys.feed(id), 0, -1],
        ['smembers', keys.pulls(id)],
        ['smembers', keys.hidden(id)],
      ])
      const posts = [...population.followees(reader)]
        .flatMap((author) => [...population.postsOf(author)])
        .sort((one, other) => other - one)
      const newest = posts.slice(0, 1_000).map((post) => String(population.postId(post)))
      const expected = posts.length > 1_000 ? newest : [...newest, '0']
      if (JSON.stringify(feed) !== JSON.stringify(expected)) t.fail(`feed of user ${reader}`)
      t.strictSame([pulls, hidden], [['0'], ['0']])
    }
    const others = Array.from({ length: population.size }, (_, user) => user)
      .filter((user) => !population.isActive(user))
      .map((user) => keys.feed(population.userId(user)))
    t.strictSame(await redis.wave([['exists', ...others]]), [0], 'nobody else has one')
  },
)

t.test(
  'a template that an interruption left half-made is completed, with the rows of one made at once',
  async (t) => {
    const { postgres } = socialStores(stores, 'as-written')
    const template = postgres.withDatabase('arch_social_as_written_seed')
    const interrupt: Progress = (step, done) => {
      if (step === 'seed' && done > 16_000) throw new Error('interrupted')
    }
    await t.rejects(seedVariant('as-written', stores, POPULATION, {}, interrupt), { message: 'interrupted' })
    const left = await rows<{ table_name: string }>(template, 'SELECT table_name FROM seeding.seed_steps')
    t.ok(left.length >= 2 && left.length < 6, 'some tables were filled, not all')

    const resumed = await seedVariant('as-written', stores, POPULATION, {}, silent)
    t.match(resumed, { changed: true, summary: /^template completed after an interruption; / })
    const completed = await contents('as-written')

    await template.execute("UPDATE seeding.seed_info SET schema = 'another'")
    const again = await seedVariant('as-written', stores, POPULATION, {}, silent)
    t.match(again, { changed: true, summary: /^template made again: the schema file has changed; / })
    t.strictSame(await contents('as-written'), completed)
  },
)

t.test('as written, the warm feeds hold what the pushes of the text would have left', async (t) => {
  const { redis } = socialStores(stores, 'as-written')
  const reader = population.activeUsers.find((index) => population.followees(index).length > 0) ?? 0
  const [feed] = await redis.wave([['lrange', `feed:${population.userId(reader)}`, 0, -1]])
  t.ok(Array.isArray(feed) && feed.length > 0 && !feed.includes('0'))
})

t.test('each thing that the rows follow from is a reason to make the template again', async (t) => {
  const wanted = await fingerprintOf(socialSchema('fixed'), POPULATION, 1)
  t.strictSame(reasonsToSeedAgain(wanted, wanted, 'users'), [])
  t.strictSame(reasonsToSeedAgain({ seed: 6, size: 200, schema: '', generator: 0 }, wanted, 'users'), [
    'the seed was 6 and is 5',
    'the population was 200 users and is 300',
    'the schema file has changed',
    'the generator of rows has changed',
  ])
})

t.test('a clone of another version of the schema file is made again by provisioning', async (t) => {
  const { postgres } = socialStores(stores, 'as-written')
  t.match(await workload.variants['as-written'].provision(stores, () => undefined), { changed: false })
  await postgres.execute("ALTER TABLE users DROP COLUMN bio; UPDATE seeding.seed_info SET schema = 'another'")
  t.match(await workload.variants['as-written'].provision(stores, () => undefined), {
    changed: true,
    summary: /schema file has changed/,
  })
  t.strictSame(await workload.variants['as-written'].schemaDifferences(stores), [])
})

t.test('no transaction is left open by seeding', async (t) => {
  const { postgres } = socialStores(stores, 'fixed')
  const open = await rows(
    postgres,
    `SELECT 1 FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()
    AND backend_type = 'client backend'`,
  )
  t.strictSame(open, [])
})
