import { row } from '../population/adjacency.ts'
import { COUNTER } from '../fixed/keys.ts'
import {
  commentsTable,
  followsTable,
  likesTable,
  postsTable,
  settingsTable,
  usersTable,
} from './shared-tables.ts'
import type { SeedSource } from './shared-tables.ts'
import type { SeedTable } from '../../../patterns/seed/table.ts'
import { shardText } from '../../../patterns/seed/text.ts'

/** The tables of the fixed variant, users first: their settings refer to them. */
export function fixedTables(source: SeedSource): readonly SeedTable[] {
  return [
    usersTable(source),
    settingsTable(source),
    followsTable(source),
    followersTable(source),
    likesTable(source, 'likes_by_post'),
    likesByUserTable(source),
    postsTable(source),
    commentsTable(source),
    countersTable(source),
    claimsTable(source, 'username_claims', 'folded_name', (index) => source.population.user(index).username),
    claimsTable(source, 'email_claims', 'folded_email', (index) => source.population.user(index).email),
  ]
}

/** The mirror of follows (S-12), with the same moments. */
function followersTable(source: SeedSource): SeedTable {
  const { population, texts, counts } = source
  return {
    name: 'followers',
    columns: 'following_id, follower_id, created_at, shard',
    rows: counts.edges,
    stage: 1,
    *generate() {
      for (const index of source.userOrder) {
        const start = texts.userIds[index] ?? ''
        const shard = texts.shards[index] ?? ''
        for (const follower of population.followers(index)) {
          yield `${start}\t${texts.userIds[follower] ?? ''}\t${texts.momentOf(follower, index)}\t${shard}\n`
        }
      }
    },
  }
}

/** The mirror of likes (S-11), with the same moments. */
function likesByUserTable(source: SeedSource): SeedTable {
  const { population, texts, counts } = source
  return {
    name: 'likes_by_user',
    columns: 'user_id, post_id, created_at, shard',
    rows: counts.liked.items.length,
    stage: 1,
    *generate() {
      for (const index of source.userOrder) {
        const start = texts.userIds[index] ?? ''
        const shard = texts.shards[index] ?? ''
        for (const post of row(counts.liked, index)) {
          const id = population.postId(post)
          yield `${start}\t${id}\t${texts.momentAfter(id, post, index)}\t${shard}\n`
        }
      }
    },
  }
}

/** Names and addresses, confirmed (S-09); the seeded ones are lower case already. */
function claimsTable(
  source: SeedSource,
  name: string,
  column: string,
  claimed: (index: number) => string,
): SeedTable {
  const { population, texts } = source
  return {
    name,
    columns: `${column}, user_id, state, claimed_at, shard`,
    rows: population.size,
    stage: 1,
    *generate() {
      const moment = new Date(population.endMs).toISOString()
      for (const index of source.userOrder) {
        yield `${claimed(index)}\t${texts.userIds[index] ?? ''}\tconfirmed\t${moment}\t${texts.shards[index] ?? ''}\n`
      }
    },
  }
}

/** All counters of posts and users that have one, zeros included, in slot 0 (S-13, S-16). */
function countersTable(source: SeedSource): SeedTable {
  const { population, texts, counts } = source
  return {
    name: 'counters',
    columns: 'entity_id, count, kind, slot, shard',
    rows: 3 * population.size + 2 * population.posts,
    stage: 1,
    *generate() {
      for (const index of source.userOrder) {
        const id = texts.userIds[index] ?? ''
        const shard = texts.shards[index] ?? ''
        yield `${id}\t${population.followers(index).length}\t${COUNTER.followers}\t0\t${shard}\n`
        yield `${id}\t${population.followees(index).length}\t${COUNTER.following}\t0\t${shard}\n`
        yield `${id}\t${population.postsOf(index).length}\t${COUNTER.posts}\t0\t${shard}\n`
      }
      for (const post of source.postOrder) {
        const id = population.postId(post)
        const shard = shardText(id)
        yield `${id}\t${row(counts.likers, post).length}\t${COUNTER.postLikes}\t0\t${shard}\n`
        yield `${id}\t${counts.comments[post] ?? 0}\t${COUNTER.postComments}\t0\t${shard}\n`
      }
    },
  }
}
