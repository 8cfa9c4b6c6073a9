import fc from 'fast-check'
import t from 'tap'
import { EPOCH_MS } from '../../src/core/snowflake.ts'
import {
  bucketOf,
  lastBucketAt,
  messageIdOf,
  messageTimeOf,
  NUMBERS,
  partOf,
  PARTS,
  periodAt,
  PERIOD_MS,
  timeInNextBucket,
} from '../../src/workloads/messaging/ids.ts'

const place = fc.record({
  ms: fc.integer({ min: EPOCH_MS, max: EPOCH_MS + 2 ** 40 }),
  part: fc.nat(PARTS - 1),
  number: fc.nat(NUMBERS - 1),
})
const idOf = ({ ms, part, number }: { ms: number; part: number; number: number }): bigint =>
  messageIdOf({ ms, sequence: part * NUMBERS + number })

t.test('an id says which part of which ten days it is in, keeps its time and fits 63 bits', async () => {
  fc.assert(
    fc.property(place, (one) => {
      const id = idOf(one)
      const bucket = bucketOf(id)
      return (
        messageTimeOf(id).ms === one.ms &&
        partOf(bucket) === one.part &&
        bucket - one.part === periodAt(one.ms) * PARTS &&
        bucket <= lastBucketAt(one.ms) &&
        bucket < 2 ** 31 &&
        id >= 0n &&
        id < 2n ** 63n
      )
    }),
  )
})

t.test(
  'ids of a conversation whose parts only go up within ten days are in the order of its buckets',
  async () => {
    fc.assert(
      fc.property(place, place, (one, other) => {
        const [first, second] = [idOf(one), idOf(other)]
        const areParted =
          periodAt(one.ms) !== periodAt(other.ms) || one.ms <= other.ms === one.part <= other.part
        return (
          !areParted ||
          bucketOf(first) === bucketOf(second) ||
          first < second === bucketOf(first) < bucketOf(second)
        )
      }),
    )
  },
)

t.test(
  'where nobody knows how full the newest bucket is, what comes is behind it and in another one',
  async (t) => {
    fc.assert(
      fc.property(place, fc.nat(2 * PERIOD_MS), (newest, later) => {
        const before = idOf(newest)
        const next = messageIdOf(timeInNextBucket(before, newest.ms + 1 + later))
        const isLast = newest.part === PARTS - 1 && periodAt(newest.ms) === periodAt(newest.ms + 1 + later)
        return next > before && (isLast || bucketOf(next) > bucketOf(before))
      }),
    )
    t.same(
      timeInNextBucket(undefined, EPOCH_MS + 5),
      { ms: EPOCH_MS + 5, sequence: 0 },
      'of nothing the first',
    )
    const at = { ms: EPOCH_MS, sequence: 3 * NUMBERS + 7 }
    t.same(timeInNextBucket(messageIdOf(at), EPOCH_MS + 1), { ms: EPOCH_MS + 1, sequence: 4 * NUMBERS })
    t.same(timeInNextBucket(messageIdOf(at), EPOCH_MS + PERIOD_MS), { ms: EPOCH_MS + PERIOD_MS, sequence: 0 })
  },
)
