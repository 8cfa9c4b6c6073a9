import type { JournalEntry } from '../../../core/journal.ts'
import type { HistoryOperation } from '../../../patterns/audits/history.ts'
import { answeredFlag, describeWrite } from '../../../patterns/audits/writes.ts'

/**
 * The register of a pair of users: what each is to the other, as bits. `LOW` is the one with the smaller id. A user
 * either follows, or waits for a private account's owner to accept, or neither; a block ends both, both ways.
 */
export const PAIR = {
  lowFollows: 1,
  lowAsked: 2,
  lowBlocks: 4,
  highFollows: 8,
  highAsked: 16,
  highBlocks: 32,
} as const

const BLOCKED = PAIR.lowBlocks | PAIR.highBlocks

/** A write on a pair, and which way it goes. */
export interface PairWrite {
  readonly entry: JournalEntry
  /** The user who follows, unfollows, is accepted or blocks has the smaller id. */
  readonly fromLow: boolean
  /** Follows of this account wait for its owner: a private account's. */
  readonly targetIsPrivate: boolean
}

/** The bits of the one who acts, in the direction of the write. */
function bitsOf(write: PairWrite): { follows: number; asked: number; blocks: number } {
  return write.fromLow
    ? { follows: PAIR.lowFollows, asked: PAIR.lowAsked, blocks: PAIR.lowBlocks }
    : { follows: PAIR.highFollows, asked: PAIR.highAsked, blocks: PAIR.highBlocks }
}

/** Whether the answer that was seen fits what the specification answers. */
type Specification = (
  write: PairWrite,
  state: number,
) => { readonly next: number; readonly answer: (entry: JournalEntry) => boolean }

const isRefused = (entry: JournalEntry): boolean => entry.outcome === 'refused'

const follow: Specification = (write, state) => {
  const { follows, asked } = bitsOf(write)
  if ((state & BLOCKED) !== 0) return { next: state, answer: isRefused }
  const answers =
    (kind: string, created: boolean) =>
    (entry: JournalEntry): boolean =>
      entry.result['state'] === kind && entry.result['created'] === created
  if ((state & follows) !== 0) return { next: state, answer: answers('following', false) }
  if (!write.targetIsPrivate) return { next: (state | follows) & ~asked, answer: answers('following', true) }
  return { next: state | asked, answer: answers('requested', (state & asked) === 0) }
}

const accept: Specification = (write, state) => {
  const { follows, asked } = bitsOf(write)
  const answers =
    (created: boolean) =>
    (entry: JournalEntry): boolean =>
      !isRefused(entry) && answeredFlag(entry, 'created') === created
  if ((state & asked) !== 0) return { next: (state | follows) & ~asked, answer: answers(true) }
  return { next: state, answer: (state & follows) !== 0 ? answers(false) : isRefused }
}

// It withdraws a request, too, and answers whether there was an edge.
const unfollow: Specification = (write, state) => {
  const { follows, asked } = bitsOf(write)
  return {
    next: state & ~(follows | asked),
    answer: (entry) => !isRefused(entry) && answeredFlag(entry, 'removed') === ((state & follows) !== 0),
  }
}

const block: Specification = (write, state) => {
  const { blocks } = bitsOf(write)
  return {
    next: (state & BLOCKED) | blocks,
    answer: (entry) => !isRefused(entry) && answeredFlag(entry, 'created') === ((state & blocks) === 0),
  }
}

const SPECIFICATIONS: Readonly<Record<string, Specification>> = {
  'follow.add': follow,
  'follow.accept': accept,
  'follow.remove': unfollow,
  'block.add': block,
}

/** The operations that change what two users are to each other. */
export const PAIR_OPERATIONS: readonly string[] = Object.keys(SPECIFICATIONS)

/** A write on a pair as an operation of its history. */
export function pairOperation(write: PairWrite): HistoryOperation {
  const { entry } = write
  const specification = SPECIFICATIONS[entry.operation] ?? follow
  return {
    label: describeWrite(entry),
    started: entry.startedMicros,
    finished: entry.outcome === 'unknown' ? undefined : (entry.finishedMicros ?? entry.startedMicros),
    effect: (state) => specification(write, state).next,
    answers: (state) => specification(write, state).answer(entry),
  }
}

/** A pair's state in words. */
export function describePair(state: number, low: bigint, high: bigint): string {
  const side = (from: bigint, to: bigint, follows: number, asked: number, blocks: number): string[] => [
    ...((state & follows) === 0 ? [] : [`${from} follows ${to}`]),
    ...((state & asked) === 0 ? [] : [`${from} asked to follow ${to}`]),
    ...((state & blocks) === 0 ? [] : [`${from} blocks ${to}`]),
  ]
  const parts = [
    ...side(low, high, PAIR.lowFollows, PAIR.lowAsked, PAIR.lowBlocks),
    ...side(high, low, PAIR.highFollows, PAIR.highAsked, PAIR.highBlocks),
  ]
  return parts.length === 0 ? 'nothing' : parts.join(' and ')
}
