import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { FlowEnd } from '../../src/core/operation.ts'
import { keys } from '../../src/workloads/social/fixed/keys.ts'
import type { RelayOrder } from '../helpers/relay-process.ts'
import {
  eventually,
  feedPage,
  openSocialCase,
  oracle,
  relayHere,
  wholeFeed,
} from '../helpers/social-fixed.ts'

const ENTRY = fileURLToPath(new URL('../helpers/relay-process.ts', import.meta.url))
const social = await openSocialCase()

/**
 * Runs `rounds` beside a relay that kills itself at a visit of a fault point, each when the relay is done with the one
 * before; answers the ends that it reported until then.
 */
async function relayKilledAt(
  point: string,
  visit: number,
  rounds: number,
  work: (round: number) => Promise<void>,
): Promise<FlowEnd[]> {
  const ends: FlowEnd[] = []
  const child = fork(ENTRY, [], { serialization: 'advanced' })
  const exited = once(child, 'exit')
  const ready = once(child, 'message')
  child.on('message', (message: 'ready' | FlowEnd[]) => {
    if (message !== 'ready') ends.push(...message)
  })
  const order: RelayOrder = { endpoints: social.endpoints, killAt: [point], visit }
  child.send(order)
  await Promise.race([ready, exited])
  for (let round = 0; round < rounds; round += 1) {
    await work(round)
    await eventually(async () => child.signalCode !== null || child.exitCode !== null || !(await isBehind()))
  }
  if (child.signalCode === null) child.disconnect()
  const [, signal] = await exited
  if (signal !== 'SIGKILL') throw new Error(`${point} was not reached`)
  return ends
}

async function differences(): Promise<object[]> {
  return social.sql(
    `(SELECT 'likes' AS what, user_id AS a, post_id AS b FROM likes_by_post EXCEPT SELECT 'likes', user_id, post_id FROM likes_by_user)
UNION ALL (SELECT 'likes', user_id, post_id FROM likes_by_user EXCEPT SELECT 'likes', user_id, post_id FROM likes_by_post)
UNION ALL (SELECT 'follows', follower_id, following_id FROM follows EXCEPT SELECT 'follows', follower_id, following_id FROM followers)
UNION ALL (SELECT 'follows', follower_id, following_id FROM followers EXCEPT SELECT 'follows', follower_id, following_id FROM follows)
UNION ALL (SELECT 'blocks', user_id, blocked_id FROM blocks EXCEPT SELECT 'blocks', user_id, blocked_id FROM blocked_by)
UNION ALL (SELECT 'like count', c.entity_id, c.count FROM counters c WHERE c.kind = 1
  AND c.count <> (SELECT count(*) FROM likes_by_post l WHERE l.post_id = c.entity_id))
UNION ALL (SELECT 'followers', c.entity_id, c.count FROM counters c WHERE c.kind = 4
  AND c.count <> (SELECT count(*) FROM follows f WHERE f.following_id = c.entity_id))
UNION ALL (SELECT 'following', c.entity_id, c.count FROM counters c WHERE c.kind = 5
  AND c.count <> (SELECT count(*) FROM follows f WHERE f.follower_id = c.entity_id))
UNION ALL (SELECT 'posts', c.entity_id, c.count FROM counters c WHERE c.kind = 6
  AND c.count <> (SELECT count(*) FROM posts p WHERE p.user_id = c.entity_id AND p.deleted_at IS NULL))
UNION ALL (SELECT 'copied likes', p.post_id, p.like_count FROM posts p
  WHERE p.like_count <> (SELECT count(*) FROM likes_by_post l WHERE l.post_id = p.post_id))
UNION ALL (SELECT 'copied followers', u.user_id, u.follower_count FROM users u
  WHERE u.follower_count <> (SELECT count(*) FROM follows f WHERE f.following_id = u.user_id))`,
  )
}

const POINTS = [
  ['relay.before-commit', 3],
  ['relay.after-commit', 2],
  ['fanout.mid-chunk', 1],
  ['fanout.mid-chunk', 2],
  ['fanout.after-chunk', 1],
  ['copies.before-commit', 1],
  ['copies.before-commit', 3],
] as const

for (const [point, visit] of POINTS) {
  t.test(`a relay killed at ${point}, visit ${visit}, leaves nothing lost and nothing doubled`, async (t) => {
    const [author = 0n, friend = 0n, unfollowed = 0n, blocker = 0n] = await social.users(4)
    const readers = await social.users(620)
    await social.followAll(readers, author)
    await social.followAll(readers.slice(0, 3), unfollowed)
    await social.followAll(readers.slice(0, 3), blocker)
    const before = await relayHere(social.stores)
    await before.settled()
    await before.close()
    const services = social.services()
    const warm = readers.filter((_, index) => index % 7 === 0)
    await Promise.all(warm.map((reader) => feedPage(services, reader)))
    const posts: bigint[] = []
    const ends = await relayKilledAt(point, visit, 6, async (round) => {
      const post = await social.post(author)
      posts.push(post)
      await social.post(unfollowed)
      await Promise.all(readers.slice(0, 20).map((reader) => social.like(reader, post)))
      await social.unlike(readers[0] ?? 0n, post)
      if (round === 1) await social.followAll(readers.slice(0, 2), friend)
      if (round === 2) await social.unfollow(readers[0] ?? 0n, unfollowed)
      if (round === 3) await social.block(blocker, readers[0] ?? 0n)
    })
    const after = await relayHere(social.stores)
    await after.settled()
    await after.close()
    t.strictSame(await differences(), [])
    const feeds = await social.redis.wave(warm.map((reader) => ['lrange', keys.feed(reader), 0, -1]))
    for (const feed of feeds as unknown as readonly string[][]) {
      if (feed.length === 0) continue
      for (const post of posts) {
        const copies = feed.filter((id) => id === String(post)).length
        if (copies !== 1) t.fail(`post ${post} stands ${copies} times in a feed`)
      }
    }
    for (const reader of [...warm.slice(0, 10), ...readers.slice(0, 3)]) {
      t.strictSame(await wholeFeed(social.services(), reader), await oracle(social, reader))
    }
    const seen = [...ends, ...after.ends].filter(({ key }) => key === String(posts[0]))
    t.strictSame(
      [...new Set(seen.map(({ part }) => part))].toSorted((a, b) => a - b),
      [0, 1],
      'each chunk of a post has its end',
    )
    const cached = (await feedPage(social.services(), readers[5] ?? 0n)).posts.map((post) => post.likeCount)
    t.ok(
      cached.every((likes) => likes === 19 || likes === 0),
      'cached counts are the counters',
    )
  })
}

/** True while an event, a fan-out or a copy of counts is unfinished in the tables. */
async function isBehind(): Promise<boolean> {
  const rows = await social.sql<{ behind: boolean }>(
    `SELECT EXISTS (SELECT FROM fanout_tasks) OR EXISTS (SELECT FROM stale_counts) OR EXISTS (SELECT FROM outbox o, relay_position p
  WHERE p.relay = 'social' AND (o.xid, o.id) > (p.xid, p.id)) AS behind`,
  )
  return rows[0]?.behind ?? false
}
