import type { Audit } from '../../../core/workload.ts'
import { idChecksumSql, newChecksum, pairChecksumSql } from './checksum.ts'
import { addFindings, newFindings, outcomeOf } from './findings.ts'
import { readPostDeletions } from './ledger-deletions.ts'
import { checkEdges } from './ledger-edges.ts'
import type { EdgeKind } from './ledger-edges.ts'
import { checkEntities } from './ledger-entities.ts'
import type { Deletions, EntityKind } from './ledger-entities.ts'
import { checkGraph } from './ledger-graph.ts'
import { checkProfiles } from './ledger-profiles.ts'
import { checkSeeded, seededLikes } from './ledger-seed.ts'
import type { SeedStatements } from './ledger-seed.ts'
import { firstRunId, likesInSeed, seededPopulation } from './seeded.ts'
import { socialAudit } from './social-audit.ts'
import { askedId, hasEntries } from './writes.ts'

const NONE: Deletions = { certain: new Set(), possible: new Set() }

const POSTS: EntityKind = {
  what: 'post',
  operations: ['post.create'],
  resultKey: 'post',
  owner: (entry) => String(askedId(entry, 'author')),
  rows: {
    name: 'audit ledger posts',
    text: `SELECT post_id AS id, user_id::text AS owner, deleted_at IS NOT NULL AS gone
      FROM posts WHERE post_id > $1 ORDER BY post_id LIMIT $2`,
  },
}

const COMMENTS: EntityKind = {
  what: 'comment',
  operations: ['comment.add', 'comment.reply'],
  resultKey: 'comment',
  owner: (entry) => `${askedId(entry, 'user')} on post ${askedId(entry, 'post')}`,
  rows: {
    name: 'audit ledger comments',
    text: `SELECT comment_id AS id, user_id || ' on post ' || post_id AS owner, deleted_at IS NOT NULL AS gone
      FROM comments WHERE comment_id > $1 ORDER BY comment_id LIMIT $2`,
  },
}

const USERS: EntityKind = {
  what: 'user',
  operations: ['user.register'],
  resultKey: 'user',
  owner: (entry) => String(entry.keys['username']),
  rows: {
    name: 'audit ledger users',
    text: `SELECT user_id AS id, username AS owner, false AS gone
      FROM users WHERE user_id > $1 ORDER BY user_id LIMIT $2`,
  },
}

const SEED: SeedStatements = {
  users: { name: 'audit seeded users', text: `SELECT ${idChecksumSql('user_id')} FROM users WHERE user_id < $1` },
  posts: { name: 'audit seeded posts', text: `SELECT ${idChecksumSql('post_id')} FROM posts WHERE post_id < $1` },
  comments: {
    name: 'audit seeded comments',
    text: `SELECT ${idChecksumSql('comment_id')} FROM comments WHERE comment_id < $1`,
  },
}

/** Places of asked pairs that are in a table of likes. */
function presentSql(table: string, target: string): string {
  return `SELECT place FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS asked (user_id, target_id, place)
    JOIN ${table} l ON l.shard = shard_of(asked.target_id) AND l.${target} = asked.target_id AND l.user_id = asked.user_id`
}

const COMMENT_LIKES: EdgeKind = {
  what: 'like of a comment',
  add: 'comment.like',
  targetKey: 'comment',
  inSeed: () => false,
  seeded: newChecksum,
  present: { name: 'audit comment likes present', text: presentSql('comment_likes', 'comment_id') },
  checksum: {
    name: 'audit comment likes checksum',
    text: `SELECT ${pairChecksumSql('user_id', 'comment_id')} FROM comment_likes`,
  },
}

/**
 * What was acknowledged is there exactly once, what got no answer 0 or 1 times, what was deleted is gone, and nothing
 * else is there beside the seed: posts, comments, users, likes, likes of comments, follows, requests, blocks and
 * profile updates (law 7).
 */
export const journalAcknowledged: Audit = socialAudit(
  { name: 'journal.acknowledged-once', claims: ['SOC-45', 'SOC-54', 'SOC-61'], defects: ['X-16'] },
  'fixed',
  async (work) => {
    const { postgres, context } = work
    if (!(await hasEntries(context.journal))) return outcomeOf(newFindings(), 'the journal holds no writes')
    const seeded = seededPopulation(context.population)
    const seedEnd = firstRunId(seeded)
    const likes: EdgeKind = {
      what: 'like of a post',
      add: 'like.add',
      remove: 'like.remove',
      targetKey: 'post',
      inSeed: likesInSeed(seeded),
      seeded: () => seededLikes(seeded),
      present: { name: 'audit likes present', text: presentSql('likes_by_post', 'post_id') },
      checksum: {
        name: 'audit likes checksum',
        text: `SELECT ${pairChecksumSql('user_id', 'post_id')} FROM likes_by_post`,
      },
    }
    const findings = newFindings()
    const deletions = await readPostDeletions(context, findings)
    addFindings(findings, await checkEntities(work, POSTS, seedEnd, deletions))
    addFindings(findings, await checkEntities(work, COMMENTS, seedEnd, NONE))
    addFindings(findings, await checkEntities(work, USERS, seedEnd, NONE))
    addFindings(findings, await checkEdges(work, likes))
    addFindings(findings, await checkEdges(work, COMMENT_LIKES))
    addFindings(findings, await checkProfiles(postgres, context.journal))
    addFindings(findings, await checkGraph(work, seeded))
    addFindings(findings, await checkSeeded(work, seeded, SEED, seedEnd, []))
    return outcomeOf(findings)
  },
)
