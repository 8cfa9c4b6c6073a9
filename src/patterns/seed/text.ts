import { timeOfId } from '../../core/snowflake.ts'

const CHUNK_CHARACTERS = 64 * 1024

/** Joins rows into chunks of about 64 KB, and counts them. */
export function* chunked(rows: Iterable<string>, count: (rows: number) => void): Generator<string> {
  let text = ''
  let waiting = 0
  for (const row of rows) {
    text += row
    waiting += 1
    if (text.length < CHUNK_CHARACTERS) continue
    yield text
    count(waiting)
    text = ''
    waiting = 0
  }
  if (waiting > 0) yield text
  count(waiting)
}

/** The shard of an id, as text. */
export function shardText(id: bigint): string {
  return String((id >> 14n) & 255n)
}

/** The moment that an id carries, as text: `created_at` and the id have one source. */
export function momentText(id: bigint): string {
  return new Date(timeOfId(id)).toISOString()
}
