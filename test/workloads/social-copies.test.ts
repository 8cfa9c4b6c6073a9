// Counts in the rows of posts, comments and users: copies that the relay refreshes lazily (S-13, S-16).
import t from 'tap'
import { countCopies } from '../../src/workloads/social/fixed/relay/count-copies.ts'
import { roleHost } from '../helpers/context.ts'
import { eventually, HYBRID, newContext, openSocialCase, relayHere } from '../helpers/social-fixed.ts'
import { openProcess, postWriter } from '../helpers/social-process.ts'

const social = await openSocialCase()

async function shownLikes(post: bigint): Promise<number | undefined> {
  const [row] = await social.sql<{ like_count: number }>('SELECT like_count FROM posts WHERE post_id = $1', [
    post,
  ])
  return row?.like_count
}

/** Rows whose copies are not what their counters say. */
function wrongCopies(): Promise<object[]> {
  const counted = (id: string, kind: number): string =>
    `(SELECT coalesce(sum(count), 0) FROM counters WHERE entity_id = ${id} AND kind = ${kind})`
  return social.sql(`SELECT post_id FROM posts
  WHERE like_count <> ${counted('post_id', 1)} OR comment_count <> ${counted('post_id', 2)}
UNION ALL SELECT comment_id FROM comments WHERE like_count <> ${counted('comment_id', 3)}
UNION ALL SELECT user_id FROM users WHERE follower_count <> ${counted('user_id', 4)}
  OR following_count <> ${counted('user_id', 5)} OR post_count <> ${counted('user_id', 6)}`)
}

/** Copies as an idle relay does until nothing is marked; answers, call by call, whether it wanted to go on at once. */
async function untilCopied(): Promise<boolean[]> {
  const copy = countCopies({
    postgres: social.postgres,
    redis: social.redis,
    choice: HYBRID,
    host: roleHost(),
  })
  const answers: boolean[] = []
  await eventually(async () => {
    answers.push(await copy(false))
    return (await social.sql('SELECT FROM stale_counts')).length === 0
  })
  return answers
}

for (const counter of ['delta', 'slots', 'row'] as const) {
  t.test(`counter=${counter}: every copied count is its counter when the relay is done`, async (t) => {
    const choice = { ...HYBRID, counter }
    const relay = await relayHere(social.stores, choice)
    const { application } = await openProcess(social, 5, choice)
    const [author = 0n, ...others] = await social.users(9)
    const context = newContext()
    const { postId } = await postWriter(application)(author)
    const { commentId } = await application.comment(
      { userId: author, postId, parentId: undefined, content: 'first' },
      context,
    )
    for (const userId of others) {
      await application.like({ userId, postId }, context)
      await application.likeComment({ userId, postId, commentId }, context)
      await application.follow({ followerId: userId, followingId: author }, context)
    }
    await relay.settled()
    await application.unlike({ userId: others[0] ?? 0n, postId }, context)
    await relay.settled()
    t.strictSame(await wrongCopies(), [])
    t.match(await social.sql('SELECT like_count, comment_count FROM posts WHERE post_id = $1', [postId]), [
      { like_count: 7, comment_count: 1 },
    ])
    t.match(await social.sql('SELECT like_count FROM comments WHERE comment_id = $1', [commentId]), [
      { like_count: 8 },
    ])
    t.match(
      await social.sql('SELECT follower_count, post_count, version FROM users WHERE user_id = $1', [author]),
      [{ follower_count: 8, post_count: 1, version: 1 }],
      'a copied count is no change of the profile',
    )
    t.strictSame(await social.sql('SELECT FROM stale_counts'), [])
    await relay.close()
  })
}

t.test('copies follow while the relay has other work', async (t) => {
  const relay = await relayHere(social.stores)
  const [author = 0n, user = 0n] = await social.users(2)
  const [post, busy] = [await social.post(author), await social.post(author)]
  await social.like(user, post)
  await eventually(async () => {
    await social.like(user, busy)
    await social.unlike(user, busy)
    return (await shownLikes(post)) === 1
  })
  await relay.settled()
  t.strictSame(await wrongCopies(), [])
  await relay.close()
})

t.test('a change that meets an old mark while another relay copies is not lost with the mark', async (t) => {
  const [author = 0n, user = 0n] = await social.users(2)
  const post = await social.post(author)
  const settling = await relayHere(social.stores)
  await settling.settled()
  await settling.close()
  await social.sql(`INSERT INTO stale_counts (entity_id, entity, shard) VALUES ($1, 'post', shard_of($1))`, [
    post,
  ])
  const applied = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  const relay = await relayHere(social.stores, HYBRID, (name) => {
    if (name !== 'relay.before-commit') return undefined
    applied.resolve()
    return goOn.promise
  })
  await social.like(user, post)
  await applied.promise
  const copying = untilCopied()
  const begun = `SELECT WHERE NOT EXISTS (SELECT FROM stale_counts) OR EXISTS (
  SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%relay_position%')`
  await eventually(async () => (await social.sql(begun)).length > 0)
  goOn.resolve()
  await copying
  await relay.settled()
  t.equal(await shownLikes(post), 1)
  await relay.close()
})

t.test(
  'a relay copies nothing that is equal already, and asks again at once while more is marked',
  async (t) => {
    const users = await social.users(700)
    await social.sql(
      `INSERT INTO stale_counts (entity_id, entity, shard)
SELECT id, 'user', shard_of(id) FROM unnest($1::bigint[]) AS marked(id)`,
      [users],
    )
    const rows = `SELECT count(DISTINCT xmin::text)::int AS versions FROM users WHERE user_id = ANY($1)`
    const answers = await untilCopied()
    t.equal(answers.filter(Boolean).length, 1, 'seven hundred are two helpings')
    t.equal(answers.at(-1), false)
    t.match(await social.sql(rows, [users]), [{ versions: 1 }], 'no row was written again')
  },
)
