import type { RedisClient, RedisScript } from '../../../stores/redis/client.ts'
import { keys } from '../fixed/keys.ts'

/** A post and a reader in whose feed it should, or should not, be. */
export interface Place {
  readonly reader: bigint
  readonly postId: bigint
  readonly authorId: bigint
}

/** `cold`: no feed; `short`: the feed does not claim to reach back to the post; else whether the feed holds it. */
export type PlaceState = 'cold' | 'short' | 'there' | 'missing'

const BATCH = 200

// KEYS: feeds; ARGV: ids. Decimal ids are compared without floats.
const PLACES: RedisScript = {
  name: 'audit.feed-places',
  lua: `local states = {}
for i, key in ipairs(KEYS) do
  local last = redis.call('LINDEX', key, -1)
  local id = ARGV[i]
  if not last then states[i] = 'cold'
  elseif redis.call('LPOS', key, id) then states[i] = 'there'
  elseif last ~= '0' and (#id < #last or (#id == #last and id < last)) then states[i] = 'short'
  else states[i] = 'missing' end
end
return states`,
}

/** Where each post stands in its reader's feed, streamed in batches. */
export async function* feedPlaces(
  redis: RedisClient,
  places: Iterable<Place>,
): AsyncGenerator<readonly [Place, PlaceState]> {
  let batch: Place[] = []
  for (const place of places) {
    batch.push(place)
    if (batch.length < BATCH) continue
    yield* statesOf(redis, batch)
    batch = []
  }
  if (batch.length > 0) yield* statesOf(redis, batch)
}

async function* statesOf(
  redis: RedisClient,
  batch: readonly Place[],
): AsyncGenerator<readonly [Place, PlaceState]> {
  const feeds = batch.map((place) => keys.feed(place.reader))
  const ids = batch.map((place) => String(place.postId))
  const [reply] = await redis.wave([redis.call(PLACES, feeds, ids)])
  const states = reply as readonly PlaceState[]
  for (const [index, place] of batch.entries()) yield [place, states[index] ?? 'cold']
}
