import { createWriteStream } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { exception } from './exceptions.ts'

/** A text is held whole. Rows are not: where the URL says what they are, they go to a file. */
const LARGEST_TEXT_BYTES = 2 ** 26

/** What a request carries, unzipped where it is said to be zipped. @throws Exception for another coding */
function contentOf(
  request: IncomingMessage,
): readonly [Readable] | readonly [Readable, ReturnType<typeof createGunzip>] {
  const coding = request.headers['content-encoding'] ?? 'identity'
  if (coding === 'identity') return [request]
  if (coding === 'gzip') return [request, createGunzip()]
  throw exception(48, 'NOT_IMPLEMENTED', `Content-Encoding ${coding} is not spoken here, gzip is`)
}

/** @throws Exception where it is larger than a text may be */
async function collect(content: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of content) {
    bytes += chunk.length
    if (bytes > LARGEST_TEXT_BYTES)
      throw exception(
        229,
        'QUERY_IS_TOO_LARGE',
        `A body of more than ${LARGEST_TEXT_BYTES} bytes goes with INSERT ... FORMAT in the URL`,
      )
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, bytes)
}

/** The bytes of a request that is, or ends, a text. */
export async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const [first, unzip] = contentOf(request)
  if (unzip === undefined) return collect(first as AsyncIterable<Buffer>)
  const [bytes] = await Promise.all([collect(unzip as AsyncIterable<Buffer>), pipeline(first, unzip)])
  return bytes
}

/** Writes what a request carries to a new file: its memory is the system's to give back. */
export async function writeBody(request: IncomingMessage, file: string): Promise<void> {
  const [first, unzip] = contentOf(request)
  const target = createWriteStream(file, { flags: 'wx', mode: 0o600, highWaterMark: 2 ** 20 })
  await (unzip === undefined ? pipeline(first, target) : pipeline(first, unzip, target))
}
