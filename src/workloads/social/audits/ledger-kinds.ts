import type { VariantName } from '../../../core/names.ts'
import type { SocialPopulation } from '../population.ts'
import { idChecksumSql, newChecksum, pairChecksumSql } from '../../../patterns/audits/checksum.ts'
import type { EdgeKind } from './ledger-edges.ts'
import type { EntityKind } from './ledger-entities.ts'
import { seededLikes } from './ledger-seed.ts'
import type { SeedStatements } from './ledger-seed.ts'
import { likesInSeed } from './seeded.ts'
import { askedId } from '../../../patterns/audits/writes.ts'

/** Rows with ids of their own. The text's tables delete rows; the fixed ones mark them. */
export function entityKinds(
  variant: VariantName,
): Readonly<Record<'posts' | 'comments' | 'users', EntityKind>> {
  const gone = variant === 'fixed' ? 'deleted_at IS NOT NULL' : 'false'
  return {
    posts: {
      what: 'post',
      operations: ['post.create'],
      resultKey: 'post',
      owner: (entry) => String(askedId(entry, 'author')),
      rows: {
        name: 'audit ledger posts',
        text: `SELECT post_id AS id, user_id::text AS owner, ${gone} AS gone
          FROM posts WHERE post_id > $1 ORDER BY post_id LIMIT $2`,
      },
    },
    comments: {
      what: 'comment',
      operations: ['comment.add', 'comment.reply'],
      resultKey: 'comment',
      owner: (entry) => `${askedId(entry, 'user')} on post ${askedId(entry, 'post')}`,
      rows: {
        name: 'audit ledger comments',
        text: `SELECT comment_id AS id, user_id || ' on post ' || post_id AS owner, ${gone} AS gone
          FROM comments WHERE comment_id > $1 ORDER BY comment_id LIMIT $2`,
      },
    },
    users: {
      what: 'user',
      operations: ['user.register'],
      resultKey: 'user',
      owner: (entry) => String(entry.keys['username']),
      rows: {
        name: 'audit ledger users',
        text: `SELECT user_id AS id, username AS owner, false AS gone
          FROM users WHERE user_id > $1 ORDER BY user_id LIMIT $2`,
      },
    },
  }
}

/** Checksums of the seeded rows, the same in both variants. */
export const SEED_STATEMENTS: SeedStatements = {
  users: {
    name: 'audit seeded users',
    text: `SELECT ${idChecksumSql('user_id')} FROM users WHERE user_id < $1`,
  },
  posts: {
    name: 'audit seeded posts',
    text: `SELECT ${idChecksumSql('post_id')} FROM posts WHERE post_id < $1`,
  },
  comments: {
    name: 'audit seeded comments',
    text: `SELECT ${idChecksumSql('comment_id')} FROM comments WHERE comment_id < $1`,
  },
}

/** Places of asked pairs that are in a table of likes; sharded tables are asked with their shard. */
function presentSql(table: string, target: string, isSharded: boolean): string {
  const shard = isSharded ? 'l.shard = shard_of(asked.target_id) AND' : ''
  return `SELECT place FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS asked (user_id, target_id, place)
    JOIN ${table} l ON ${shard} l.${target} = asked.target_id AND l.user_id = asked.user_id`
}

/** Likes of posts. */
export function likesOfPosts(variant: VariantName, seeded: SocialPopulation): EdgeKind {
  const table = variant === 'fixed' ? 'likes_by_post' : 'likes'
  return {
    what: 'like of a post',
    add: 'like.add',
    remove: 'like.remove',
    targetKey: 'post',
    inSeed: likesInSeed(seeded),
    seeded: () => seededLikes(seeded),
    present: { name: 'audit likes present', text: presentSql(table, 'post_id', variant === 'fixed') },
    checksum: {
      name: 'audit likes checksum',
      text: `SELECT ${pairChecksumSql('user_id', 'post_id')} FROM ${table}`,
    },
  }
}

/** Likes of comments; the text has no table for them. */
export const likesOfComments: EdgeKind = {
  what: 'like of a comment',
  add: 'comment.like',
  targetKey: 'comment',
  inSeed: () => false,
  seeded: newChecksum,
  present: { name: 'audit comment likes present', text: presentSql('comment_likes', 'comment_id', true) },
  checksum: {
    name: 'audit comment likes checksum',
    text: `SELECT ${pairChecksumSql('user_id', 'comment_id')} FROM comment_likes`,
  },
}
