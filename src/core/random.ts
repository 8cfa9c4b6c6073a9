/** Mixes 32 bits so that each input bit flips each output bit with probability near one half (MurmurHash3's finaliser). */
export function mix32(value: number): number {
  let hash = value | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function absorb(hash: number, value: number): number {
  const low = value >>> 0
  const high = Math.floor(value / 0x1_0000_0000) >>> 0
  return mix32(Math.imul(mix32(hash ^ low) ^ high, 0x9e3779b1) + 0x7f4a7c15)
}

/**
 * 53 random bits as a non-negative safe integer: a pure function of its arguments, each a non-negative safe integer.
 * No state, so arrival n needs no arrival n-1 (design.md, law 7).
 */
export function random53(seed: number, a: number, b = 0): number {
  const first = absorb(absorb(absorb(0x2545f491, seed), a), b)
  const second = absorb(first ^ 0x6a09e667, a + b + 1)
  return (first >>> 11) * 0x1_0000_0000 + second
}

/** A pure uniform number in [0, 1). */
export function random01(seed: number, a: number, b = 0): number {
  return random53(seed, a, b) / 0x20_0000_0000_0000
}

/** A pure integer in [0, below). */
export function randomBelow(below: number, seed: number, a: number, b = 0): number {
  return Math.floor(random01(seed, a, b) * below)
}

/** A child seed for `label`: streams drawn from different labels are independent. */
export function deriveSeed(seed: number, label: string): number {
  let hash = absorb(0x811c9dc5, seed)
  for (let index = 0; index < label.length; index += 1) hash = absorb(hash, label.charCodeAt(index))
  return hash
}

/** Draws ranks 0 (most likely) to size-1 with probability proportional to `weight(rank)`. */
export interface RankSampler {
  readonly size: number
  /** @param uniform a number in [0, 1) */
  rank(uniform: number): number
}

/** A sampler for any non-negative weights, by inverse cumulative distribution: O(log size) a draw. */
export function weightedSampler(size: number, weight: (rank: number) => number): RankSampler {
  const cumulative = new Float64Array(size)
  let total = 0
  for (let rank = 0; rank < size; rank += 1) {
    total += weight(rank)
    cumulative[rank] = total
  }
  return {
    size,
    rank(uniform) {
      const goal = uniform * total
      let low = 0
      let high = size - 1
      while (low < high) {
        const middle = (low + high) >>> 1
        if ((cumulative[middle] ?? 0) > goal) high = middle
        else low = middle + 1
      }
      return low
    },
  }
}

/** Zipf's law: rank r has weight 1 / (r + 1)^exponent (defect X-17). */
export function zipfSampler(size: number, exponent: number): RankSampler {
  return weightedSampler(size, (rank) => (rank + 1) ** -exponent)
}

/**
 * A pure permutation of 0..size-1, without a table: a four-round Feistel network over the next power of four,
 * walked until it falls inside.
 */
export function permute(index: number, size: number, seed: number): number {
  let bits = 1
  while (2 ** (2 * bits) < size) bits += 1
  const mask = 2 ** bits - 1
  let value = index
  do {
    let left = Math.floor(value / 2 ** bits)
    let right = value & mask
    for (let round = 0; round < 4; round += 1) {
      const next = (left ^ random53(seed, right, round)) & mask
      left = right
      right = next
    }
    value = left * 2 ** bits + right
  } while (value >= size)
  return value
}
