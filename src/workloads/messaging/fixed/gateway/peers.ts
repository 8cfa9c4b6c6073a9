import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { TaskCancelledError, TimeoutStrategy, timeout } from 'cockatiel'
import { LRUCache } from 'lru-cache'
import type { WebSocket } from 'ws'
import { OperationFailure } from '../../../../core/errors.ts'
import type { RedisClient } from '../../../../stores/redis/client.ts'
import type { Answer, Answers } from '../../protocol/answers.ts'
import { decodeFrame, encodeFrame, FrameError } from '../../protocol/frame.ts'
import { openLink } from '../../protocol/link.ts'
import type { Link } from '../../protocol/link.ts'
import { peerRequestSchema } from '../../protocol/peer.ts'
import type { PeerRequest } from '../../protocol/peer.ts'
import { countRejection } from './connection.ts'
import type { Rejections } from './connection.ts'
import type { Gateway } from './gateway.ts'
import { NAMES } from './names.ts'
import type { Pages } from './pages.ts'

/** How long it believes who is there, and that one who did not answer is not. */
const KNOWN_MS = 2_000
/** A page that another gateway has not read by then is read here. */
const PATIENCE_MS = 500
const SECRET_BYTES = 24
/** WebSocket's words for them (RFC 6455, 7.4.1, and its registry). */
const POLICY_VIOLATION = 1008
const TRY_AGAIN = 1013

/**
 * The gateway that reads a conversation: the one whose hash with it is the greatest (rendezvous hashing, Thaler and
 * Ravishankar 1998), so that only the conversations of a gateway that comes or goes move. @param gateways one at least
 */
export function ownerAmong(conversation: string, gateways: readonly string[]): string {
  const weight = (gateway: string): string => hash('sha256', `${gateway} ${conversation}`)
  return gateways.reduce((one, other) => (weight(other) > weight(one) ? other : one))
}

/** The gateways among which conversations are divided (M-16). */
export interface Peers {
  /** Who reads a conversation. @throws OperationFailure */
  ownerOf(this: void, conversation: string): Promise<string>
  /** What another one reads. @throws OperationFailure where it does not answer */
  page(
    this: void,
    gateway: string,
    conversation: string,
    before: string | undefined,
  ): Promise<Answers['page']>
  close(): void
}

/** What gateways know each other by; the first one makes it. @throws OperationFailure */
async function secretIn(redis: RedisClient): Promise<string> {
  const [, secret] = await redis.wave([
    ['set', NAMES.peers, randomBytes(SECRET_BYTES).toString('base64url'), 'nx'],
    ['get', NAMES.peers],
  ])
  return String(secret)
}

/** @param own the name of this gateway, which is there whatever Redis says */
export function openPeers(redis: RedisClient, own: string): Peers {
  let ports: ReadonlyMap<string, number> = new Map()
  let knownAt = Number.NEGATIVE_INFINITY
  const away = new LRUCache<string, true>({ max: 1_000, ttl: KNOWN_MS })
  const links = new Map<string, Promise<Link>>()
  const patience = timeout(PATIENCE_MS, TimeoutStrategy.Aggressive)

  async function look(): Promise<void> {
    const [found] = await redis.wave([['hgetall', NAMES.gateways]])
    const list = Array.isArray(found) ? found.map(String) : []
    ports = new Map(
      list.flatMap((name, index) => (index % 2 === 0 ? [[name, Number(list[index + 1])] as const] : [])),
    )
    knownAt = performance.now()
  }

  /** A link that has ended, or whose gateway is passed over. */
  function drop(gateway: string, link: Promise<Link>): void {
    if (links.get(gateway) === link) links.delete(gateway)
    link.then(
      (open) => open.close(),
      () => undefined,
    )
  }

  function linkTo(gateway: string): Promise<Link> {
    const known = links.get(gateway)
    if (known !== undefined) return known
    const forget = (): void => drop(gateway, made)
    const observer = { pushed: () => undefined, unreadable: forget, closed: forget }
    const connect = async (): Promise<Link> => {
      const port = ports.get(gateway)
      if (port === undefined) throw new OperationFailure('unavailable', `no gateway is called ${gateway}`)
      return openLink(port, observer, await secretIn(redis))
    }
    const made = connect()
    links.set(gateway, made)
    return made
  }

  return {
    async ownerOf(conversation) {
      if (performance.now() - knownAt > KNOWN_MS) await look()
      const here = [...ports.keys()].filter((name) => name !== own && !away.has(name))
      return ownerAmong(conversation, [own, ...here])
    },
    async page(gateway, conversation, before) {
      const link = linkTo(gateway)
      try {
        return await patience.execute(async () =>
          (await link).ask('page', { conversation, ...(before === undefined ? {} : { before }) }),
        )
      } catch (error) {
        away.set(gateway, true)
        drop(gateway, link)
        if (error instanceof TaskCancelledError)
          throw new OperationFailure('timeout', `${gateway} has not read a page in ${PATIENCE_MS} ms`)
        throw error
      }
    },
    close() {
      for (const [gateway, link] of links) drop(gateway, link)
    },
  }
}

function isSecret(said: string, secret: string): boolean {
  const [one, other] = [Buffer.from(said), Buffer.from(secret)]
  return one.length === other.length && timingSafeEqual(one, other)
}

/** What another gateway asks, if it is that. */
function requestIn(data: Buffer): PeerRequest | undefined {
  try {
    return peerRequestSchema.safeParse(decodeFrame(data).header).data
  } catch (error) {
    if (error instanceof FrameError) return undefined
    throw error
  }
}

async function answerOf(pages: Pages, { request, conversation, before }: PeerRequest): Promise<Answer> {
  try {
    return { type: 'done', request, value: await pages.readHere(conversation, before) }
  } catch (error) {
    if (!(error instanceof OperationFailure)) throw error
    return { type: 'failed', request, kind: error.kind, message: error.message }
  }
}

/**
 * Reads pages for another gateway, which shows by the secret that it is one. Who shows another, or asks something else, is
 * counted, and its connection ends.
 */
export function servePeer(
  { redis, pages }: Pick<Gateway, 'redis' | 'pages'>,
  socket: WebSocket,
  said: string,
  rejections: Rejections,
): void {
  socket.binaryType = 'nodebuffer'
  const secret = secretIn(redis)
  secret.catch(() => undefined)
  const end = (why: string): void => {
    countRejection(rejections, why)
    socket.close(POLICY_VIOLATION, why)
  }
  async function serve(data: Buffer): Promise<void> {
    if (!isSecret(said, await secret)) return end('no gateway')
    const asked = requestIn(data)
    if (asked === undefined) return end('malformed')
    const answer = await answerOf(pages, asked)
    if (socket.readyState === socket.OPEN) socket.send(encodeFrame(answer))
  }
  // Its end is told by `close`.
  socket.on('error', () => undefined)
  socket.on('message', (data: Buffer) => {
    serve(data).catch((error: unknown) => {
      if (!(error instanceof OperationFailure)) console.error(error)
      socket.close(TRY_AGAIN, 'try again later')
    })
  })
}
