import { shardOfId } from '../../../core/snowflake.ts'
import type { SocialPopulation } from '../population.ts'
import { row } from '../population/adjacency.ts'
import { seedCounts } from './counts.ts'
import type { SeedCounts } from './counts.ts'
import type { SeedTable } from '../../../patterns/seed/table.ts'
import { momentText, shardText } from '../../../patterns/seed/text.ts'
import { rowTexts } from './text.ts'
import type { RowTexts } from './text.ts'

/** What the tables of both variants are made from. */
export interface SeedSource {
  readonly population: SocialPopulation
  readonly counts: SeedCounts
  readonly texts: RowTexts
  /** Whether rows end in the shard of their entity: the fixed variant's do. */
  readonly sharded: boolean
  /** Users and posts in the order of the tables' keys: rows that come in order are cheap to index, and packed tight. */
  readonly userOrder: Int32Array
  readonly postOrder: Int32Array
}

/** All that the tables of a variant are made from. */
export function seedSource(population: SocialPopulation, sharded: boolean): SeedSource {
  const order = (size: number, idOf: (index: number) => bigint): Int32Array => {
    const indexes = Int32Array.from({ length: size }, (_, index) => index)
    if (!sharded) return indexes
    const shards = indexes.map((index) => shardOfId(idOf(index)))
    return indexes.sort((one, other) => (shards[one] ?? 0) - (shards[other] ?? 0) || one - other)
  }
  return {
    population,
    counts: seedCounts(population),
    texts: rowTexts(population),
    sharded,
    userOrder: order(population.size, (index) => population.userId(index)),
    postOrder: order(population.posts, (post) => population.postId(post)),
  }
}

const USER_COLUMNS = `user_id, username, email, full_name, bio, profile_pic_url, follower_count, following_count, post_count,
  is_private, created_at, updated_at`

/** Users with their copied counts; `pull` adds the mark of pull authors (S-19). */
export function usersTable(source: SeedSource): SeedTable {
  const { population, texts, sharded } = source
  return {
    name: 'users',
    columns: sharded ? `${USER_COLUMNS}, is_pull, shard` : USER_COLUMNS,
    rows: population.size,
    stage: 0,
    *generate() {
      for (const index of source.userOrder) {
        const user = population.user(index)
        const moment = momentText(user.userId)
        const counts = `${population.followers(index).length}\t${population.followees(index).length}\t${population.postsOf(index).length}`
        const end = sharded
          ? `\t${flag(population.isCelebrity(index))}\t${texts.shards[index] ?? ''}\n`
          : '\n'
        yield `${user.userId}\t${user.username}\t${user.email}\t${user.fullName}\t${user.bio}\t${user.pictureUrl}\t${counts}\t${flag(user.isPrivate)}\t${moment}\t${moment}${end}`
      }
    },
  }
}

/** Settings as the table's own defaults make them. */
export function settingsTable(source: SeedSource): SeedTable {
  const { population, texts, sharded } = source
  return {
    name: 'user_settings',
    columns: sharded ? 'user_id, shard' : 'user_id',
    rows: population.size,
    stage: 1,
    *generate() {
      for (const index of source.userOrder) {
        yield sharded
          ? `${texts.userIds[index] ?? ''}\t${texts.shards[index] ?? ''}\n`
          : `${texts.userIds[index] ?? ''}\n`
      }
    },
  }
}

/** Posts with their copied counts and their author's copied name and picture (SOC-40, SOC-42). */
export function postsTable(source: SeedSource): SeedTable {
  const { population, texts, counts, sharded } = source
  const columns =
    'post_id, user_id, caption, media_urls, like_count, comment_count, created_at, username, user_profile_pic'
  return {
    name: 'posts',
    columns: sharded ? `${columns}, shard` : columns,
    rows: population.posts,
    stage: 1,
    *generate() {
      for (let post = 0; post < population.posts; post += 1) {
        const id = population.postId(post)
        const author = population.authorOf(post)
        const numbers = `${row(counts.likers, post).length}\t${counts.comments[post] ?? 0}`
        const end = sharded ? `\t${shardText(id)}\n` : '\n'
        yield `${id}\t${texts.userIds[author] ?? ''}\t${population.caption(post)}\t${JSON.stringify(population.mediaUrls(post))}\t${numbers}\t${momentText(id)}\t${texts.usernames[author] ?? ''}\t${texts.pictures[author] ?? ''}${end}`
      }
    },
  }
}

/** Comments, top level all of them. */
export function commentsTable(source: SeedSource): SeedTable {
  const { population, texts, sharded } = source
  const columns = 'comment_id, post_id, user_id, content, created_at, username, user_profile_pic'
  return {
    name: 'comments',
    columns: sharded ? `${columns}, shard` : columns,
    rows: population.comments,
    stage: 1,
    *generate() {
      for (let number = 0; number < population.comments; number += 1) {
        const { commentId, post, author, content } = population.comment(number)
        const end = sharded ? `\t${shardText(commentId)}\n` : '\n'
        yield `${commentId}\t${population.postId(post)}\t${texts.userIds[author] ?? ''}\t${content}\t${momentText(commentId)}\t${texts.usernames[author] ?? ''}\t${texts.pictures[author] ?? ''}${end}`
      }
    },
  }
}

/** Who likes a post, by post: `likes_by_post`, and the text's `likes`. */
export function likesTable(source: SeedSource, name: string): SeedTable {
  const { population, texts, counts, sharded } = source
  return {
    name,
    columns: sharded ? 'post_id, user_id, created_at, shard' : 'post_id, user_id, created_at',
    rows: counts.likers.items.length,
    stage: 1,
    *generate() {
      for (const post of source.postOrder) {
        const id = population.postId(post)
        const start = String(id)
        const end = sharded ? `\t${shardText(id)}\n` : '\n'
        for (const liker of row(counts.likers, post)) {
          yield `${start}\t${texts.userIds[liker] ?? ''}\t${texts.momentAfter(id, post, liker)}${end}`
        }
      }
    },
  }
}

/** Whom each user follows. */
export function followsTable(source: SeedSource): SeedTable {
  const { population, texts, counts, sharded } = source
  return {
    name: 'follows',
    columns: sharded
      ? 'follower_id, following_id, created_at, shard'
      : 'follower_id, following_id, created_at',
    rows: counts.edges,
    stage: 1,
    *generate() {
      for (const index of source.userOrder) {
        const start = texts.userIds[index] ?? ''
        const end = sharded ? `\t${texts.shards[index] ?? ''}\n` : '\n'
        for (const author of population.followees(index)) {
          yield `${start}\t${texts.userIds[author] ?? ''}\t${texts.momentOf(index, author)}${end}`
        }
      }
    },
  }
}

function flag(value: boolean): string {
  return value ? 't' : 'f'
}
