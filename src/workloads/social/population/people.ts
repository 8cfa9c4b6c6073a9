import { deriveSeed, random53, randomBelow } from '../../../core/random.ts'
import { composeId, SHARDS, timeOfId } from '../../../core/snowflake.ts'

const YEAR_MS = 365 * 86_400_000

const FIRST = [
  'ada',
  'alan',
  'barbara',
  'donald',
  'edsger',
  'frances',
  'grace',
  'jim',
  'john',
  'leslie',
  'lynn',
  'margaret',
  'michael',
  'niklaus',
  'radia',
  'tony',
] as const
const LAST = [
  'allen',
  'codd',
  'conway',
  'dijkstra',
  'gray',
  'hamilton',
  'hoare',
  'hopper',
  'knuth',
  'lamport',
  'liskov',
  'lovelace',
  'perlman',
  'stonebraker',
  'turing',
  'wirth',
] as const
const WORDS = [
  'harbour',
  'morning',
  'coffee',
  'mountain',
  'river',
  'bread',
  'garden',
  'winter',
  'train',
  'market',
  'light',
  'museum',
  'bicycle',
  'forest',
  'island',
  'kitchen',
  'window',
  'rain',
  'violin',
  'library',
  'lemon',
  'bridge',
  'shore',
  'lantern',
  'meadow',
  'tram',
  'orchard',
  'snow',
  'café',
  'ferry',
  'tower',
  'song',
] as const

/** Ids and words of the seeded people; the ids grow with the index and are older than every seeded post. */
export interface People {
  readonly userId: (index: number) => bigint
  readonly indexOf: (userId: bigint) => number | undefined
  name(index: number): { readonly username: string; readonly fullName: string }
  /** `count` pure words for entity `number` of the stream `label`. */
  words(stream: number, number: number, count: number): string
}

/** The people of a population: users joined evenly over the year before `beforeMs`, on uniformly drawn shards (SOC-27). */
export function buildPeople(size: number, seed: number, beforeMs: number): People {
  const shardSeed = deriveSeed(seed, 'shards')
  const nameSeed = deriveSeed(seed, 'names')
  const wordSeed = deriveSeed(seed, 'words')
  const firstMs = beforeMs - YEAR_MS
  const ids = new BigInt64Array(size)
  for (let index = 0; index < size; index += 1) {
    const timeMs = firstMs + Math.floor((index * YEAR_MS) / size)
    ids[index] = composeId({ timeMs, shard: random53(shardSeed, index) % SHARDS, worker: 0, sequence: 0 })
  }
  return {
    userId: (index) => {
      const id = ids[index]
      if (id === undefined) throw new RangeError(`user ${index} is not one of the ${size} seeded ones`)
      return id
    },
    indexOf(userId) {
      // Users joined evenly, so that the moment in an id tells whose it can be: a search would make a bigint a step.
      const index = Math.round(((timeOfId(userId) - firstMs) * size) / YEAR_MS)
      return index >= 0 && index < size && ids[index] === userId ? index : undefined
    },
    name(index) {
      const first = FIRST[randomBelow(FIRST.length, nameSeed, index)] ?? FIRST[0]
      const last = LAST[randomBelow(LAST.length, nameSeed, index, 1)] ?? LAST[0]
      return { username: `${first}_${last}_${index}`, fullName: `${capital(first)} ${capital(last)}` }
    },
    words(stream, number, count) {
      let bits = random53(wordSeed, number, stream)
      let text = ''
      for (let word = 0; word < count; word += 1) {
        text += `${word === 0 ? '' : ' '}${WORDS[bits % WORDS.length] ?? ''}`
        bits = Math.floor(bits / WORDS.length)
      }
      return text
    },
  }
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
