import { open } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { finished, pipeline } from 'node:stream/promises'
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

/** Writes the chunks in their order. A full disk leaves the request as it is: it is still to be answered. */
async function writeChunks(source: Readable, file: string): Promise<void> {
  const target = await open(file, 'w', 0o600)
  try {
    const chunks = source.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>
    for await (const chunk of chunks) await target.writeFile(chunk)
  } finally {
    await target.close()
  }
}

function hasNoRoom(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
}

/**
 * Writes what a request carries to a new file: its memory is the system's to give back.
 * @throws Exception 243 where the disk is full, after the rest of the request has been passed over
 */
export async function writeBody(request: IncomingMessage, file: string): Promise<void> {
  const [first, unzip] = contentOf(request)
  try {
    if (unzip === undefined) await writeChunks(first, file)
    else await Promise.all([writeChunks(unzip, file), pipeline(first, unzip)])
  } catch (error) {
    if (!hasNoRoom(error)) throw error
    // A caller that is still sending hears no answer.
    await finished(request.resume()).catch(() => undefined)
    throw exception(243, 'NOT_ENOUGH_SPACE', 'The disk has no room for the rows of this insert')
  }
}
