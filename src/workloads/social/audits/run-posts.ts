import type { JournalReader } from '../../../core/journal.ts'
import type { PostgresQueries, Statement } from '../../../stores/postgres/client.ts'
import { answeredId, askedId, writesOf } from '../../../patterns/audits/writes.ts'

/** A post that the run acknowledged and that is not deleted. */
export interface RunPost {
  readonly postId: bigint
  readonly authorId: bigint
  /** Whether the author's posts are pulled, and have been since before this one; undefined: switched after it. */
  readonly isPull: boolean | undefined
}

const BATCH = 10_000

const FACTS: Statement = {
  name: 'audit run posts',
  text: `SELECT p.post_id, u.is_pull,
      u.pull_switched_at IS NULL OR u.pull_switched_at < p.created_at AS settled
    FROM unnest($1::bigint[], $2::bigint[]) AS asked (post_id, author_id)
    JOIN posts p ON p.shard = shard_of(asked.post_id) AND p.post_id = asked.post_id AND p.deleted_at IS NULL
    JOIN users u ON u.shard = shard_of(asked.author_id) AND u.user_id = asked.author_id`,
}

interface FactRow {
  readonly post_id: bigint
  readonly is_pull: boolean
  readonly settled: boolean
}

/** The acknowledged posts of a run by id, with their authors. */
export async function acknowledgedPosts(journal: JournalReader): Promise<Map<bigint, bigint>> {
  const authors = new Map<bigint, bigint>()
  for await (const entry of writesOf(journal, ['post.create'])) {
    if (entry.outcome === 'ok') authors.set(answeredId(entry, 'post'), askedId(entry, 'author'))
  }
  return authors
}

/** The acknowledged posts of a run that are there, and how their authors' posts travel. */
export async function readRunPosts(
  postgres: PostgresQueries,
  journal: JournalReader,
): Promise<readonly RunPost[]> {
  const authors = [...(await acknowledgedPosts(journal))]
  const posts: RunPost[] = []
  for (let first = 0; first < authors.length; first += BATCH) {
    const batch = authors.slice(first, first + BATCH)
    const facts = new Map<bigint, FactRow>()
    const asked = [batch.map(([postId]) => postId), batch.map(([, authorId]) => authorId)]
    for (const row of await postgres.query<FactRow>(FACTS, asked)) facts.set(row.post_id, row)
    for (const [postId, authorId] of batch) {
      const fact = facts.get(postId)
      if (fact !== undefined)
        posts.push({ postId, authorId, isPull: fact.settled ? fact.is_pull : undefined })
    }
  }
  return posts
}
