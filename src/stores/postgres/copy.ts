import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { PoolClient } from 'pg'
import { from } from 'pg-copy-streams'

const CHUNK_BYTES = 64 * 1024

/** Joins small chunks: a message a row would cost more than the row. */
async function* joined(
  chunks: AsyncIterable<string | Buffer> | Iterable<string | Buffer>,
): AsyncGenerator<Buffer> {
  let text = ''
  for await (const chunk of chunks) {
    if (typeof chunk !== 'string') {
      if (text !== '') yield Buffer.from(text)
      text = ''
      yield chunk
      continue
    }
    text += chunk
    if (text.length >= CHUNK_BYTES) {
      yield Buffer.from(text)
      text = ''
    }
  }
  if (text !== '') yield Buffer.from(text)
}

/** Streams `COPY ... FROM STDIN` over one connection; answers the number of rows. */
export async function copyInto(
  client: PoolClient,
  text: string,
  chunks: AsyncIterable<string | Buffer> | Iterable<string | Buffer>,
): Promise<number> {
  const copy = client.query(from(text))
  await pipeline(Readable.from(joined(chunks), { objectMode: true, highWaterMark: 2 }), copy)
  return copy.rowCount
}
