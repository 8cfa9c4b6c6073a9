import type { JournalEntry, JournalReader } from '../../../core/journal.ts'
import type { PostgresQueries, Statement } from '../../../stores/postgres/client.ts'
import type { SocialPopulation } from '../population.ts'
import { PAIR, PAIR_OPERATIONS } from './graph-model.ts'
import type { PairWrite } from './graph-model.ts'
import { followsInSeed } from './seeded.ts'
import { askedId, writesOf } from '../../../patterns/audits/writes.ts'

/** All writes of a run on one pair of users, with its state before and after. */
export interface PairHistory {
  readonly low: bigint
  readonly high: bigint
  readonly initial: number
  /** As the tables hold it now. */
  final: number
  readonly writes: PairWrite[]
}

const BATCH = 10_000

const FINAL_STATES: Statement = {
  name: 'audit pair states',
  text: `SELECT
    CASE WHEN EXISTS (SELECT FROM follows f WHERE f.shard = shard_of(low) AND f.follower_id = low AND f.following_id = high)
      THEN ${PAIR.lowFollows} ELSE 0 END
    + CASE WHEN EXISTS (SELECT FROM follows f WHERE f.shard = shard_of(high) AND f.follower_id = high AND f.following_id = low)
      THEN ${PAIR.highFollows} ELSE 0 END
    + CASE WHEN EXISTS (SELECT FROM follow_requests r WHERE r.shard = shard_of(high) AND r.target_id = high AND r.requester_id = low)
      THEN ${PAIR.lowAsked} ELSE 0 END
    + CASE WHEN EXISTS (SELECT FROM follow_requests r WHERE r.shard = shard_of(low) AND r.target_id = low AND r.requester_id = high)
      THEN ${PAIR.highAsked} ELSE 0 END
    + CASE WHEN EXISTS (SELECT FROM blocks b WHERE b.shard = shard_of(low) AND b.user_id = low AND b.blocked_id = high)
      THEN ${PAIR.lowBlocks} ELSE 0 END
    + CASE WHEN EXISTS (SELECT FROM blocks b WHERE b.shard = shard_of(high) AND b.user_id = high AND b.blocked_id = low)
      THEN ${PAIR.highBlocks} ELSE 0 END AS state
  FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY AS pairs (low, high, place) ORDER BY place`,
}

/** Who the write is by and who it is about: in the direction of the edge, or of the block. */
function directionOf(entry: JournalEntry): readonly [from: bigint, to: bigint] {
  if (entry.operation === 'follow.accept') return [askedId(entry, 'follower'), askedId(entry, 'user')]
  if (entry.operation === 'block.add') return [askedId(entry, 'user'), askedId(entry, 'blocked')]
  return [askedId(entry, 'follower'), askedId(entry, 'following')]
}

function isPrivate(seeded: SocialPopulation, userId: bigint): boolean {
  const index = seeded.indexOf(userId)
  return index !== undefined && seeded.isPrivate(index)
}

function seededState(seeded: SocialPopulation, low: bigint, high: bigint): number {
  return (
    (followsInSeed(seeded, low, high) ? PAIR.lowFollows : 0) |
    (followsInSeed(seeded, high, low) ? PAIR.highFollows : 0)
  )
}

/** What the tables say now, in the order of the pairs. */
async function readFinalStates(postgres: PostgresQueries, histories: readonly PairHistory[]): Promise<void> {
  for (let first = 0; first < histories.length; first += BATCH) {
    const batch = histories.slice(first, first + BATCH)
    const rows = await postgres.query<{ state: number }>(FINAL_STATES, [
      batch.map((pair) => pair.low),
      batch.map((pair) => pair.high),
    ])
    batch.forEach((pair, index) => {
      pair.final = rows[index]?.state ?? 0
    })
  }
}

/** The histories of all pairs that the run wrote to: from the seed, through the journal, to the tables. */
export async function readPairHistories(
  postgres: PostgresQueries,
  journal: JournalReader,
  seeded: SocialPopulation,
): Promise<readonly PairHistory[]> {
  const pairs = new Map<string, PairHistory>()
  for await (const entry of writesOf(journal, PAIR_OPERATIONS)) {
    const [from, to] = directionOf(entry)
    const low = from < to ? from : to
    const high = from < to ? to : from
    const key = `${low} ${high}`
    const known = pairs.get(key)
    const pair = known ?? { low, high, initial: seededState(seeded, low, high), final: 0, writes: [] }
    if (known === undefined) pairs.set(key, pair)
    pair.writes.push({ entry, fromLow: from === low, targetIsPrivate: isPrivate(seeded, to) })
  }
  const histories = [...pairs.values()]
  await readFinalStates(postgres, histories)
  return histories
}
