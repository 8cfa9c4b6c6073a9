// Who may see a post is decided in two places, since a shared one would cost the like: they must agree.
import t from 'tap'
import { openSocialCase } from '../helpers/social-fixed.ts'
import { NOWHERE } from '../helpers/social-process.ts'

const social = await openSocialCase()

t.test('a post that may not be seen cannot be liked, and the other way round, for one reason', async (t) => {
  const [actor = 0n, open = 0n, hidden = 0n, friend = 0n, blocking = 0n, blocked = 0n] = await social.users(6)
  await social.sql('UPDATE users SET is_private = true WHERE user_id = ANY($1::bigint[])', [
    [actor, hidden, friend, blocking],
  ])
  await social.follow(actor, friend)
  await social.block(blocking, actor)
  await social.block(actor, blocked)
  const deleted = await social.post(open)
  await social.deletePost(open, deleted)
  const cases: readonly (readonly [string, bigint, string])[] = [
    ['of anyone', await social.post(open), 'ok'],
    ['of one’s own, private', await social.post(actor), 'ok'],
    ['of a private author whom one follows', await social.post(friend), 'ok'],
    ['of a private author', await social.post(hidden), 'private'],
    ['of a private author who has blocked one', await social.post(blocking), 'blocked'],
    ['of an author whom one has blocked', await social.post(blocked), 'blocked'],
    ['that was deleted', deleted, 'not-found'],
    ['that never was', NOWHERE, 'not-found'],
  ]
  const posts = cases.map(([, post]) => post)
  const liked = await social.sql<{ verdict: string }>(
    'SELECT verdict FROM like_posts($1::bigint[], $2::bigint[], NULL)',
    [posts.map(() => actor), posts],
  )
  for (const [index, [what, post, expected]] of cases.entries()) {
    const [seen] = await social.sql<{ verdict: string }>('SELECT post_verdict($1, $2) AS verdict', [
      actor,
      post,
    ])
    t.strictSame([seen?.verdict, liked[index]?.verdict], [expected, expected], `a post ${what}`)
  }
})
