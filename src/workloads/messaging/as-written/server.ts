import { once } from 'node:events'
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import { OperationFailure } from '../../../core/errors.ts'
import type { Variant } from '../../../core/workload.ts'
import { openLocalMedia } from '../fixed/gateway/media.ts'
import type { MediaStore } from '../fixed/gateway/media.ts'
import type { Answer } from '../protocol/answers.ts'
import { decodeFrame, encodeFrame, FrameError, LARGEST_FRAME } from '../protocol/frame.ts'
import { messagingStores } from '../stores.ts'
import { clearUnread, forgetInbox, readInbox } from './inbox.ts'
import { markRead, messagesAfter, readHistory, takeMessage } from './messages.ts'
import type { TextServer } from './messages.ts'
import { askSchema } from './requests.ts'
import type { Ask, AskOf, TextAnswers } from './requests.ts'
import { timeUuids } from './time-uuid.ts'

/** Key of Redis: the port of the server, as a name service would tell it. */
export const SERVER = 'server'
/** Conversations of a list. */
const LISTED = 20

interface Parts extends TextServer {
  readonly media: MediaStore
  readonly urlOf: (name: string) => string
}

interface Connection {
  user: bigint | undefined
}

type Asked = Exclude<Ask['type'], 'hello'>

type Handler<Type extends Asked> = (
  server: Parts,
  user: bigint,
  ask: AskOf<Type>,
  body: Buffer,
) => Promise<TextAnswers[Type]>

const handlers: { readonly [Type in Asked]: Handler<Type> } = {
  send: takeMessage,
  async read(server, user, ask) {
    await markRead(server, ask)
    await clearUnread(server.cassandra, user, ask.conversation)
    return null
  },
  history: readHistory,
  async inbox({ cassandra }, user) {
    const { conversations } = await readInbox(cassandra, user)
    return { conversations: conversations.slice(0, LISTED) }
  },
  changes: ({ cassandra }, user) => readInbox(cassandra, user),
  messages: messagesAfter,
  async upload({ media, urlOf }, _user, _ask, body) {
    const name = createHash('sha256').update(body).digest('hex')
    await media.put(name, body)
    return { url: urlOf(name) }
  },
  async forget({ cassandra }, user) {
    await forgetInbox(cassandra, user)
    return null
  },
}

async function answerOf(server: Parts, connection: Connection, ask: Ask, body: Buffer): Promise<Answer> {
  const { request } = ask
  try {
    if (ask.type === 'hello') {
      connection.user = BigInt(ask.user)
      return { type: 'done', request, value: null }
    }
    if (connection.user === undefined) return { type: 'refused', request, reason: 'unknown device' }
    const handle = handlers[ask.type] as Handler<Asked>
    return { type: 'done', request, value: await handle(server, connection.user, ask, body) }
  } catch (error) {
    if (!(error instanceof OperationFailure)) throw error
    return { type: 'failed', request, kind: error.kind, message: error.message }
  }
}

function serve(server: Parts, socket: WebSocket): void {
  const connection: Connection = { user: undefined }
  socket.binaryType = 'nodebuffer'
  socket.on('error', () => undefined)
  socket.on('message', (data: Buffer) => {
    try {
      const { header, body } = decodeFrame(data)
      const asked = askSchema.safeParse(header)
      if (!asked.success) return
      answerOf(server, connection, asked.data, body).then(
        (reply) => {
          if (socket.readyState === socket.OPEN) socket.send(encodeFrame(reply))
        },
        (error: unknown) => {
          console.error(error)
          socket.close(1011, 'a mistake of ours')
        },
      )
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
    }
  })
}

/** Role `server`: the obvious server of the text's two tables. Nothing is pushed: who wants to know asks (M-17). */
export const startServer: Variant['roles'][string] = async (stores) => {
  const { cassandra, redis } = messagingStores(stores, 'as-written')
  const media = await openLocalMedia(redis)
  // Whoever has the address of a blob has the blob (M-19).
  const http = createServer((asked, response) => {
    media.get(String(asked.url?.split('/').at(-1))).then(
      (blob) => response.writeHead(blob === undefined ? 404 : 200).end(blob),
      () => response.writeHead(500).end(),
    )
  })
  const server = new WebSocketServer({
    server: http,
    maxPayload: LARGEST_FRAME,
    perMessageDeflate: false,
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const { port } = http.address() as AddressInfo
  const parts: Parts = {
    cassandra,
    newId: timeUuids(),
    media,
    urlOf: (name) => `http://127.0.0.1:${port}/media/${name}`,
  }
  server.on('connection', (socket) => serve(parts, socket))
  await redis.wave([['set', SERVER, port]])
  return {
    drained: () => Promise.resolve(true),
    async close() {
      for (const client of server.clients) client.terminate()
      server.close()
      http.close()
      http.closeAllConnections()
      await redis.wave([['del', SERVER]])
    },
  }
}
