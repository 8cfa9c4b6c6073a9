import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { sendParts, sendText, sendWhole } from './answer.ts'
import { authenticate } from './authenticate.ts'
import type { Configuration } from './configuration.ts'
import type { Engine } from './engine.ts'
import { asException, statusOf } from './exceptions.ts'
import { askedBy } from './request.ts'
import { statementOf } from './statement.ts'

/** Parameters go in the URL, lists of ids too. */
const LONGEST_HEAD = 2 ** 20

/** Aborts when the connection goes before the answer has been sent. */
function goneSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) controller.abort()
  })
  return controller.signal
}

async function answer(
  engine: Engine,
  { incoming }: Configuration,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const isLink = request.method === 'GET'
  const asked = askedBy(url.searchParams, request.headers, isLink)
  // As ClickHouse greets whoever opens its port in a browser.
  if (isLink && asked.text === '') return sendText(response, 200, 'Ok.\n')
  const signal = goneSignal(response)
  const statement = await statementOf(asked, incoming, request)
  try {
    const run = { asked, text: statement.text, signal: statement.reads ? signal : undefined }
    if (statement.streams) await sendParts(response, statement, asked, engine.stream(run))
    else await sendWhole(response, statement, asked, await engine.run(run))
  } finally {
    await statement.end()
  }
}

async function handle(
  engine: Engine,
  configuration: Configuration,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const url = new URL(request.url ?? '/', 'http://localhost')
    if (url.pathname === '/ping' || url.pathname === '/replicas_status')
      return sendText(response, 200, 'Ok.\n')
    if (url.pathname !== '/') return sendText(response, 404, `There is no handle ${url.pathname}\n`)
    if (request.method !== 'GET' && request.method !== 'POST')
      return sendText(response, 405, 'GET and POST are answered\n')
    authenticate(request.headers, url.searchParams, configuration)
    await answer(engine, configuration, url, request, response)
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
    handle(engine, configuration, request, response).catch(() => response.destroy())
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
