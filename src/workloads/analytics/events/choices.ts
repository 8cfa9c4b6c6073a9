import { mix32 } from '../../../core/random.ts'

/** Odd, and far from its multiples: the golden ratio in 32 bits. */
const STEP = 0x9e3779b9

/**
 * A word of 32 random bits, pure in its arguments. `root` is `rootOf` of what is described; each of its traits has a
 * `trait` number of its own. The SQL of schemas/analytics/generate.sql computes the same.
 */
export function wordOf(root: number, trait: number): number {
  return mix32(root ^ Math.imul(trait, STEP))
}

/** Where the words of event, session or batch `number` (below 2^32) begin. One-to-one, so roots of events differ. */
export function rootOf(seed: number, number: number): number {
  return mix32(number ^ seed)
}

/**
 * A rank from 1 to 2^octaves - 1 by Zipf's law with exponent 1, in steps: each octave (1, 2 to 3, 4 to 7 ...) is as
 * likely as any other. Integers alone, so that the database's arithmetic gives the same.
 */
export function octaveRank(word: number, other: number, octaves: number): number {
  const octave = word % octaves
  return 2 ** octave + (other & (2 ** octave - 1))
}

/** Whether something that happens `perMillion` times in a million happens here. */
export function happens(word: number, perMillion: number): boolean {
  return word % 1_000_000 < perMillion
}
