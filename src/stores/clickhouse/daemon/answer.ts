import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { createGzip, gzip } from 'node:zlib'
import type { RawAnswer } from './addon.ts'
import { asException } from './exceptions.ts'
import type { Asked } from './request.ts'
import type { Statement } from './statement.ts'

const zip = promisify(gzip)
const TYPES: Readonly<Record<string, string>> = {
  JSON: 'application/json; charset=UTF-8',
  JSONCompact: 'application/json; charset=UTF-8',
  JSONEachRow: 'application/x-ndjson; charset=UTF-8',
  JSONCompactEachRow: 'application/x-ndjson; charset=UTF-8',
  TabSeparated: 'text/tab-separated-values; charset=UTF-8',
  CSV: 'text/csv; charset=UTF-8',
  RowBinary: 'application/octet-stream',
  Native: 'application/octet-stream',
}
const STATISTICS = /"rows_read":\s*(\d+),\s*"bytes_read":\s*(\d+)\s*\}\s*\}\s*$/
const END_BYTES = 300

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** What the engine says of a statement. What was read is told at the end of an answer in JSON, and nowhere else. */
function summaryOf({ bytes, elapsed, rowsRead, bytesRead }: RawAnswer, { countsRows }: Statement): string {
  const end = asBuffer(bytes).toString('latin1', Math.max(0, bytes.length - END_BYTES))
  const [, rows = '0', size = '0'] = STATISTICS.exec(end) ?? []
  const [written, writtenBytes] = countsRows ? [String(rowsRead), String(bytesRead)] : ['0', '0']
  return JSON.stringify({
    read_rows: countsRows ? written : rows,
    read_bytes: countsRows ? writtenBytes : size,
    written_rows: written,
    written_bytes: writtenBytes,
    total_rows_to_read: '0',
    result_rows: String(rowsRead),
    result_bytes: String(bytes.length),
    elapsed_ns: String(Math.round(elapsed * 1e9)),
  })
}

function headersOf({ format }: Statement, { compresses, queryId }: Asked): Record<string, string> {
  return {
    'Content-Type': TYPES[format] ?? 'text/plain; charset=UTF-8',
    ...(compresses ? { 'Content-Encoding': 'gzip' } : {}),
    'X-ClickHouse-Format': format,
    'X-ClickHouse-Query-Id': queryId ?? randomUUID(),
    'X-ClickHouse-Timezone': 'UTC',
    'X-ClickHouse-Server-Display-Name': 'arch',
  }
}

/** Sends an answer that is whole, with what the engine says of it. */
export async function sendWhole(
  response: ServerResponse,
  statement: Statement,
  asked: Asked,
  answer: RawAnswer,
): Promise<void> {
  const content = asBuffer(answer.bytes)
  const sent = asked.compresses ? await zip(content) : content
  response.writeHead(200, {
    ...headersOf(statement, asked),
    'Content-Length': sent.length,
    'X-ClickHouse-Summary': summaryOf(answer, statement),
  })
  response.end(sent)
}

/**
 * Sends an answer as it comes. What goes wrong before its first part is thrown; after that the text of the exception
 * is the last that is sent, and the connection is cut, so that nobody takes it for a whole answer.
 */
export async function sendParts(
  response: ServerResponse,
  statement: Statement,
  asked: Asked,
  parts: AsyncGenerator<Uint8Array, void>,
): Promise<void> {
  const first = await parts.next()
  response.writeHead(200, headersOf(statement, asked))
  async function* all(): AsyncGenerator<Buffer, void> {
    if (first.done === true) return
    yield asBuffer(first.value)
    try {
      for await (const part of parts) yield asBuffer(part)
    } catch (error) {
      yield Buffer.from(`\n${asException(error).message}\n`)
      throw error
    }
  }
  const source = Readable.from(all(), { objectMode: false })
  try {
    await (asked.compresses ? pipeline(source, createGzip(), response) : pipeline(source, response))
  } finally {
    // Where the connection had gone before, nothing has begun to read them.
    await parts.return()
  }
}

/** Answers in plain text. */
export function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=UTF-8' }).end(text)
}
