import fc from 'fast-check'
import t from 'tap'
import {
  composeId,
  decomposeId,
  EPOCH_MS,
  firstIdAt,
  idGenerator,
  shardOfId,
  shardOfKey,
  timeOfId,
} from '../../src/core/snowflake.ts'

const parts = fc.record({
  timeMs: fc.integer({ min: EPOCH_MS, max: EPOCH_MS + 2 ** 41 - 1 }),
  shard: fc.nat(255),
  worker: fc.nat(63),
  sequence: fc.nat(255),
})

t.test('an id keeps its parts, fits 63 bits and orders by time', async (t) => {
  fc.assert(
    fc.property(parts, parts, (one, other) => {
      const [first, second] = [composeId(one), composeId(other)]
      if (composeId(decomposeId(first)) !== first) return false
      if (shardOfId(first) !== one.shard || timeOfId(first) !== one.timeMs) return false
      if (first < 0n || first >= 2n ** 63n || first < firstIdAt(one.timeMs)) return false
      return one.timeMs === other.timeMs || one.timeMs < other.timeMs === first < second
    }),
  )
  const given = { timeMs: Date.UTC(2026, 5, 1), shard: 254, worker: 63, sequence: 3 }
  t.strictSame(decomposeId(composeId(given)), given)
})

t.test('golden ids stay what they are across releases', async (t) => {
  t.equal(composeId({ timeMs: EPOCH_MS, shard: 0, worker: 0, sequence: 0 }), 0n)
  t.equal(
    composeId({ timeMs: Date.UTC(2026, 0, 1), shard: 201, worker: 5, sequence: 77 }),
    (63_158_400_000n << 22n) | (201n << 14n) | (5n << 8n) | 77n,
  )
  t.equal(firstIdAt(EPOCH_MS + 1), 4_194_304n)
})

t.test('a part that does not fit is refused', async (t) => {
  const fitting = { timeMs: EPOCH_MS, shard: 0, worker: 0, sequence: 0 }
  for (const wrong of [
    { timeMs: EPOCH_MS - 1 },
    { timeMs: EPOCH_MS + 2 ** 41 },
    { timeMs: EPOCH_MS + 0.5 },
    { shard: 256 },
    { shard: -1 },
    { worker: 64 },
    { sequence: 256 },
  ]) {
    t.throws(() => composeId({ ...fitting, ...wrong }), RangeError)
  }
})

t.test('a generator never repeats an id and grows on each shard, however the clock creeps', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(2), fc.nat(3)), { maxLength: 2_000 }), (steps) => {
      let now = EPOCH_MS + 1_000_000
      const generator = idGenerator(3, () => now, 1e9)
      const last = new Map<number, bigint>()
      return steps.every(([advance, shard]) => {
        now += advance === 2 ? -1 : advance
        const id = generator.next(shard)
        const grows = id > (last.get(shard) ?? 0n)
        last.set(shard, id)
        return grows && shardOfId(id) === shard && decomposeId(id).worker === 3
      })
    }),
    { numRuns: 50 },
  )
  t.pass()
})

t.test('a million ids of four workers in a standing millisecond are distinct', async (t) => {
  const seen = new Set<bigint>()
  for (let worker = 0; worker < 4; worker += 1) {
    const generator = idGenerator(worker, () => EPOCH_MS + 5)
    for (let number = 0; number < 250_000; number += 1) seen.add(generator.next(number & 255))
  }
  t.equal(seen.size, 1_000_000)
})

t.test('a clock that went back further than the drift is refused as unavailable', async (t) => {
  let now = EPOCH_MS + 10_000
  const generator = idGenerator(0, () => now, 1_000)
  const before = generator.next(1)
  now -= 1_000
  t.ok(generator.next(1) > before, 'a step within the drift borrows')
  now -= 1
  t.throws(() => generator.next(1), { kind: 'unavailable', message: /clock is 1001 ms behind/ })
})

t.test('the shard of a key is stable, hits all 256 and is even', async (t) => {
  t.strictSame(
    ['', 'ada', 'alan', 'grace_hopper_17', 'café'].map((key) => shardOfKey(key)),
    [11, 14, 136, 213, 82],
  )
  const counts = new Int32Array(256)
  for (let number = 0; number < 100_000; number += 1) {
    const shard = shardOfKey(`user_${number}`)
    counts[shard] = (counts[shard] ?? 0) + 1
  }
  const expected = 100_000 / 256
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
  t.ok(chiSquare < 330, `chi-square ${chiSquare} of 255 degrees of freedom`)
})
