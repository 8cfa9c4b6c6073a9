import fc from 'fast-check'
import t from 'tap'
import {
  deriveSeed,
  permute,
  random01,
  random53,
  randomBelow,
  weightedSampler,
  zipfSampler,
} from '../../src/core/random.ts'

function chiSquare(counts: Int32Array, expected: (cell: number) => number): number {
  return counts.reduce((sum, count, cell) => sum + (count - expected(cell)) ** 2 / expected(cell), 0)
}

t.test('random numbers are pure functions of their arguments, within their bounds', async (t) => {
  const natural = fc.maxSafeNat()
  fc.assert(
    fc.property(natural, fc.nat(), fc.nat(), fc.integer({ min: 1, max: 1e9 }), (seed, a, b, below) => {
      const value = random53(seed, a, b)
      const share = random01(seed, a, b)
      const choice = randomBelow(below, seed, a, b)
      return (
        Number.isSafeInteger(value) &&
        value >= 0 &&
        value === random53(seed, a, b) &&
        share >= 0 &&
        share < 1 &&
        Number.isInteger(choice) &&
        choice >= 0 &&
        choice < below
      )
    }),
  )
  t.pass()
})

t.test('neighbouring arguments give even and unrelated numbers', async (t) => {
  const cells = 256
  const draws = 100_000
  for (const [name, draw] of [
    ['index', (n: number): number => random01(1, n)],
    ['second index', (n: number): number => random01(1, 7, n)],
    ['seed', (n: number): number => random01(n, 7)],
    ['low bits', (n: number): number => (random53(1, n) % cells) / cells],
    ['differences', (n: number): number => (1 + random01(1, n + 1) - random01(1, n)) % 1],
  ] as const) {
    const counts = new Int32Array(cells)
    for (let number = 0; number < draws; number += 1) {
      const cell = Math.floor(draw(number) * cells)
      counts[cell] = (counts[cell] ?? 0) + 1
    }
    t.ok(chiSquare(counts, () => draws / cells) < 330, `${name}: chi-square of 255 degrees of freedom`)
  }
})

t.test('streams of different labels and seeds differ', async (t) => {
  const labels = Array.from({ length: 1_000 }, (_, number) => deriveSeed(1, `label ${number}`))
  t.equal(new Set(labels).size, labels.length)
  t.not(deriveSeed(1, 'a'), deriveSeed(2, 'a'))
})

t.test('a permutation holds every number once, whatever its size and seed', async (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 700 }), fc.nat(), (size, seed) => {
      const image = Array.from({ length: size }, (_, index) => permute(index, size, seed))
      return new Set(image).size === size && image.every((value) => value >= 0 && value < size)
    }),
  )
  const moved = Array.from({ length: 1_000 }, (_, index) => permute(index, 1_000, 5)).filter(
    (value, index) => value !== index,
  )
  t.ok(moved.length > 980, 'few stay where they were')
})

t.test('a sampler draws ranks by their weights, never one of weight zero', async (t) => {
  const draws = 100_000
  const sampler = zipfSampler(50, 1)
  const counts = new Int32Array(50)
  for (let number = 0; number < draws; number += 1) {
    const rank = sampler.rank(random01(3, number))
    counts[rank] = (counts[rank] ?? 0) + 1
  }
  const harmonic = counts.reduce((sum, _, rank) => sum + 1 / (rank + 1), 0)
  t.ok(
    chiSquare(counts, (rank) => draws / harmonic / (rank + 1)) < 86,
    'chi-square of 49 degrees of freedom, p > .001',
  )

  const sparse = weightedSampler(4, (rank) => rank % 2)
  const ranks = new Set(Array.from({ length: 1_000 }, (_, number) => sparse.rank(number / 1_000)))
  t.strictSame(
    [...ranks].toSorted((one, other) => one - other),
    [1, 3],
  )
})
