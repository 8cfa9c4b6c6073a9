import { MOST_MARKS } from '../protocol/requests.ts'
import type { ConversationMark } from '../protocol/requests.ts'

/** A gateway writes marks within ten seconds, later where Cassandra does not answer: those of a minute are told again. */
const KEPT_MS = 60_000

/** How far a device has come lately, by conversation: what its gateway may not have written when it is killed. */
export interface RecentMarks {
  moved(state: 'delivered' | 'read', conversation: string, message: bigint): void
  /** Those that moved within the last minute, the newest ones where they are many. */
  recent(): readonly ConversationMark[]
}

interface Kept {
  delivered?: bigint
  read?: bigint
  at: number
}

/** Marks of one device. @param now milliseconds */
export function newRecentMarks(now: () => number): RecentMarks {
  /** The one that moved last is the last. */
  const kept = new Map<string, Kept>()

  function forgetOld(): void {
    for (const [conversation, { at }] of kept) {
      if (kept.size <= MOST_MARKS && now() - at <= KEPT_MS) return
      kept.delete(conversation)
    }
  }

  return {
    moved(state, conversation, message) {
      const mark = kept.get(conversation) ?? { at: 0 }
      if (message > (mark[state] ?? 0n)) mark[state] = message
      mark.at = now()
      kept.delete(conversation)
      kept.set(conversation, mark)
      forgetOld()
    },
    recent() {
      forgetOld()
      return Array.from(kept, ([conversation, { delivered, read }]) => ({
        conversation,
        ...(delivered === undefined ? {} : { delivered: delivered.toString() }),
        ...(read === undefined ? {} : { read: read.toString() }),
      }))
    },
  }
}
