import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { RawAnswer } from './addon.ts'
import { authenticate } from './authenticate.ts'
import { bytesOf, writeBody } from './body.ts'
import type { Configuration } from './configuration.ts'
import type { Engine } from './engine.ts'
import { asException, exception, statusOf } from './exceptions.ts'
import { fromFile, readsInput } from './insert.ts'
import { askedBy } from './request.ts'
import type { Asked } from './request.ts'

const zip = promisify(gzip)
/** Parameters go in the URL, lists of ids too. */
const LONGEST_HEAD = 2 ** 20
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
const FORMAT = /\bFORMAT\s+(\w+)\s*;?\s*$/i
const STATISTICS = /"rows_read":\s*(\d+),\s*"bytes_read":\s*(\d+)\s*\}\s*\}\s*$/
const END_CHARACTERS = 300

/** What the engine says of a statement. What was read is only told at the end of an answer in JSON. */
function summaryOf({ bytes, elapsed, rowsRead, bytesRead }: RawAnswer, isInsert: boolean): string {
  const end = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).subarray(-END_CHARACTERS)
  const [, rows = '0', size = '0'] = STATISTICS.exec(end.toString('latin1')) ?? []
  return JSON.stringify({
    read_rows: isInsert ? String(rowsRead) : rows,
    read_bytes: isInsert ? String(bytesRead) : size,
    written_rows: isInsert ? String(rowsRead) : '0',
    written_bytes: isInsert ? String(bytesRead) : '0',
    total_rows_to_read: '0',
    result_rows: String(rowsRead),
    result_bytes: String(bytes.length),
    elapsed_ns: String(Math.round(elapsed * 1e9)),
  })
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=UTF-8' }).end(text)
}

interface Ran {
  readonly answer: RawAnswer
  readonly format: string
  readonly isInsert: boolean
}

async function inserted(
  engine: Engine,
  asked: Asked,
  insert: string,
  file: string,
  write: (file: string) => Promise<void>,
): Promise<Ran> {
  try {
    await write(file)
    return { answer: await engine.run(asked, insert), format: asked.format, isInsert: true }
  } finally {
    await rm(file, { force: true })
  }
}

/** Runs what a request asks: an INSERT whose rows follow it, in the URL or in the body's first line, or a text. */
async function ran(engine: Engine, asked: Asked, incoming: string, request: IncomingMessage): Promise<Ran> {
  const file = join(incoming, randomUUID())
  const announced = fromFile(asked.text, file)
  if (announced !== undefined)
    return inserted(engine, asked, announced, file, (file) => writeBody(request, file))
  const body = await bytesOf(request)
  if (asked.text === '' && body.length === 0) throw exception(62, 'SYNTAX_ERROR', 'Empty query')
  const lineBreak = asked.text === '' ? body.indexOf('\n') : -1
  const inBody = lineBreak < 0 ? undefined : fromFile(body.toString('utf8', 0, lineBreak), file)
  if (inBody !== undefined)
    return inserted(engine, asked, inBody, file, (file) => writeFile(file, body.subarray(lineBreak + 1)))
  const text = [asked.text, body.toString('utf8')].filter((part) => part !== '').join('\n')
  if (readsInput(text.slice(0, LONGEST_HEAD)))
    throw exception(48, 'NOT_IMPLEMENTED', 'INSERT ... SELECT FROM input() is not spoken here')
  const answer = await engine.run(asked, text)
  return { answer, format: FORMAT.exec(text.slice(-100))?.[1] ?? asked.format, isInsert: false }
}

async function statement(
  engine: Engine,
  incoming: string,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const asked = askedBy(url.searchParams, request.headers)
  // As ClickHouse greets whoever opens its port in a browser.
  if (request.method === 'GET' && asked.text === '') return plain(response, 200, 'Ok.\n')
  // A link can read, and nothing else.
  const settings: Asked['settings'] =
    request.method === 'GET' ? [...asked.settings, ['readonly', '2']] : asked.settings
  const { answer, format, isInsert } = await ran(engine, { ...asked, settings }, incoming, request)
  const { bytes } = answer
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const sent = asked.compresses ? await zip(content) : content
  response.writeHead(200, {
    'Content-Type': TYPES[format] ?? 'text/plain; charset=UTF-8',
    'Content-Length': sent.length,
    ...(asked.compresses ? { 'Content-Encoding': 'gzip' } : {}),
    'X-ClickHouse-Format': format,
    'X-ClickHouse-Query-Id': url.searchParams.get('query_id') ?? randomUUID(),
    'X-ClickHouse-Summary': summaryOf(answer, isInsert),
    'X-ClickHouse-Timezone': 'UTC',
    'X-ClickHouse-Server-Display-Name': 'arch',
  })
  response.end(sent)
}

async function handle(
  engine: Engine,
  configuration: Configuration,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  if (url.pathname === '/ping' || url.pathname === '/replicas_status') return plain(response, 200, 'Ok.\n')
  try {
    if (url.pathname !== '/') return plain(response, 404, `There is no handle ${url.pathname}\n`)
    if (request.method !== 'GET' && request.method !== 'POST')
      return plain(response, 405, 'GET and POST are answered\n')
    authenticate(request.headers, url.searchParams, configuration)
    await statement(engine, configuration.incoming, url, request, response)
  } catch (error) {
    if (response.headersSent) return void response.destroy()
    const { code, message } = asException(error)
    response.writeHead(statusOf(code), {
      'Content-Type': 'text/plain; charset=UTF-8',
      'X-ClickHouse-Exception-Code': code,
      // What was not read of a body that is refused must not be taken for the next request.
      ...(request.complete ? {} : { Connection: 'close' }),
    })
    response.end(`${message}\n`)
  }
}

/** Answers ClickHouse's HTTP protocol on loopback. Resolves when it listens. */
export async function listen(engine: Engine, configuration: Configuration): Promise<Server> {
  const server = createServer({ maxHeaderSize: LONGEST_HEAD }, (request, response) => {
    // Nothing is thrown: what fails has been answered.
    void handle(engine, configuration, request, response)
  })
  server.keepAliveTimeout = 60_000
  // A statement takes what it takes: it is bounded by max_execution_time.
  server.requestTimeout = 0
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port: configuration.port, host: '127.0.0.1' }, resolve)
  })
  return server
}
