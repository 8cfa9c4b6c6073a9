import type { Results } from '../core/operation.ts'

/** Entries of the table: what is older than this many newer results has been overwritten. */
const ENTRIES = 2 ** 20
const WORDS = 2

/** The memory of a results table, to be handed to every worker thread. */
export function newResultsMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(ENTRIES * WORDS * 8)
}

/**
 * The ids that arrivals made, by arrival number, in memory that all threads share. A ring: number n overwrites number
 * n - 2^20. A reader that meets a half-written entry answers undefined, never another arrival's id.
 */
export function sharedResults(memory: SharedArrayBuffer): Results {
  const words = new BigInt64Array(memory)
  return {
    get(number) {
      const at = (number % ENTRIES) * WORDS
      const tag = BigInt(number) + 1n
      if (Atomics.load(words, at) !== tag) return undefined
      const id = Atomics.load(words, at + 1)
      return Atomics.load(words, at) === tag ? id : undefined
    },
    set(number, id) {
      const at = (number % ENTRIES) * WORDS
      Atomics.store(words, at, 0n)
      Atomics.store(words, at + 1, id)
      Atomics.store(words, at, BigInt(number) + 1n)
    },
  }
}
