import { once } from 'node:events'
import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import { OperationFailure, Refusal } from '../../../core/errors.ts'
import { deriveSeed, random01 } from '../../../core/random.ts'
import type { VariantName } from '../../../core/names.ts'
import type { Stores } from '../../../core/store.ts'
import type { Population, RoleHost, RunningRole, StrategyChoice } from '../../../core/workload.ts'
import type { RedisClient } from '../../../stores/redis/client.ts'
import { society as people } from '../model.ts'
import { buildPopulation } from '../population.ts'
import { decodeFrame, encodeFrame } from '../protocol/frame.ts'
import { messagingStores } from '../stores.ts'
import { acquaint } from './acquaintance.ts'
import { commands } from './commands.ts'
import { CLIENTS } from './control.ts'
import type { CommandFrame, CommandReply } from './control.ts'
import { openEncryption } from './encryption/open.ts'
import { buildSociety, joinAll, returnAll } from './society.ts'
import type { Society } from './society.ts'

/** Key of Redis in which gateways say where they are: what a name service would tell. */
const GATEWAYS = 'gateways'
const LOOK_MS = 50
const GATEWAYS_WITHIN_MS = 30_000

async function gatewayPorts(redis: RedisClient): Promise<readonly number[]> {
  const [ports] = await redis.wave([['hvals', GATEWAYS]])
  return Array.isArray(ports) ? ports.map(Number).sort((one, other) => one - other) : []
}

/** Gateways begin at the same time as their clients. @throws OperationFailure when none has come */
async function untilGateways(redis: RedisClient, signal: AbortSignal): Promise<void> {
  const until = performance.now() + GATEWAYS_WITHIN_MS
  while ((await gatewayPorts(redis)).length < 2) {
    if (performance.now() > until || signal.aborted)
      throw new OperationFailure('unavailable', 'no gateway has begun')
    await setTimeout(LOOK_MS)
  }
}

function replyOf(request: number, error: unknown): CommandReply {
  if (error instanceof Refusal) return { request, type: 'refused', reason: error.reason }
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof OperationFailure) return { request, type: 'failed', kind: error.kind, message }
  console.error(error)
  return { request, type: 'failed', kind: 'unexpected', message }
}

async function obey(society: Society, { request, name, ask, withinMs }: CommandFrame): Promise<CommandReply> {
  try {
    const { device: address } = ask as { readonly device: string }
    const device = society.devices.get(address)
    if (device === undefined) throw new Refusal('unknown device')
    const run = commands[name] as (
      society: Society,
      device: unknown,
      ask: unknown,
      deadlineAt: number,
    ) => Promise<unknown>
    const value = await run(society, device, ask, performance.now() + withinMs)
    return { request, type: 'done', value }
  } catch (error) {
    return replyOf(request, error)
  }
}

/** Commands that are not done. */
interface UnderWay {
  count: number
}

function serve(society: Society, socket: WebSocket, underWay: UnderWay): void {
  socket.binaryType = 'nodebuffer'
  socket.on('message', (data: Buffer) => {
    const command = decodeFrame(data).header as CommandFrame
    underWay.count += 1
    void obey(society, command).then((reply) => {
      underWay.count -= 1
      if (socket.readyState === socket.OPEN) socket.send(encodeFrame(reply))
    })
  })
}

/** Lets in whoever knows the secret that only this run's Redis has. */
async function listen(society: Society, redis: RedisClient, underWay: UnderWay): Promise<WebSocketServer> {
  const secret = randomBytes(24).toString('base64url')
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    perMessageDeflate: false,
    verifyClient: ({ req }: { req: IncomingMessage }) => req.headers.authorization === secret,
  })
  server.on('connection', (socket) => serve(society, socket, underWay))
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await redis.wave([['hset', CLIENTS, 'port', port, 'secret', secret]])
  return server
}

/**
 * Role `devices`: all devices of a run, each with its own keys and its own socket, in a process of their own, so that
 * what they encrypt and decrypt is not taken for the system's work. People make them do things over a control socket.
 * @throws OperationFailure
 */
export function devicesRole(
  variant: VariantName,
): (stores: Stores, population: Population, choice: StrategyChoice, host: RoleHost) => Promise<RunningRole> {
  return async (stores, population, _choice, host) => {
    const { redis } = messagingStores(stores, variant)
    const seed = deriveSeed(population.seed, 'away')
    await untilGateways(redis, host.signal)
    const built = buildPopulation(population)
    const society = buildSociety(built, await openEncryption(), () => gatewayPorts(redis), host)
    acquaint(society, built)
    await joinAll(society, (index) => random01(seed, index) < people.offline.value)
    const underWay: UnderWay = { count: 0 }
    const server = await listen(society, redis, underWay)
    return {
      async drained() {
        // What nobody waits for any more goes on all the same: a device does not forget what it was to send.
        const wasBusy = underWay.count > 0
        return (await returnAll(society)) && !wasBusy
      },
      async close() {
        console.log(JSON.stringify(society.counts()))
        server.close()
        for (const client of server.clients) client.terminate()
        society.close()
        await redis.wave([['del', CLIENTS]])
      },
    }
  }
}
