import type { Results } from '../core/operation.ts'
import { random53 } from '../core/random.ts'

/** Entries of the table: a result may be overwritten once about so many newer ones have been written. */
const ENTRIES = 2 ** 20
const WORDS = 2

/** The memory of a results table, to be handed to every worker thread. */
export function newResultsMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(ENTRIES * WORDS * 8)
}

/**
 * The ids that arrivals made, by key, in memory that all threads share: a hash table in which the newer of two keys of
 * one place wins. A reader that meets another key's or a half-written entry answers undefined, never another id.
 */
export function sharedResults(memory: SharedArrayBuffer): Results {
  const words = new BigInt64Array(memory)
  const placeOf = (key: number): number => (random53(0, key) % ENTRIES) * WORDS
  return {
    get(key) {
      const at = placeOf(key)
      const tag = BigInt(key) + 1n
      if (Atomics.load(words, at) !== tag) return undefined
      const id = Atomics.load(words, at + 1)
      return Atomics.load(words, at) === tag ? id : undefined
    },
    set(key, id) {
      const at = placeOf(key)
      Atomics.store(words, at, 0n)
      Atomics.store(words, at + 1, id)
      Atomics.store(words, at, BigInt(key) + 1n)
    },
  }
}
