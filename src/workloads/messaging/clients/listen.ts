import { once } from 'node:events'
import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import { OperationFailure, Refusal } from '../../../core/errors.ts'
import type { RedisClient } from '../../../stores/redis/client.ts'
import { decodeFrame, encodeFrame } from '../protocol/frame.ts'
import { CLIENTS } from './control.ts'
import type { CommandAnswer, CommandAsk, CommandFrame, CommandName, CommandReply } from './control.ts'

/** Makes a device do something. @throws Refusal, OperationFailure */
type Obey = (name: CommandName, ask: unknown, deadlineAt: number) => Promise<unknown>

/** What people do with the devices of a society, by the command's name. */
export type Commands<Society, Device> = {
  readonly [Name in CommandName]: (
    society: Society,
    device: Device,
    ask: CommandAsk<Name>,
    deadlineAt: number,
  ) => Promise<CommandAnswer<Name>>
}

/** Finds the device that a command names, and makes it obey. @throws Refusal, OperationFailure */
async function obey<Device, Society extends { readonly devices: ReadonlyMap<string, Device> }>(
  society: Society,
  commands: Commands<Society, Device>,
  name: CommandName,
  ask: unknown,
  deadlineAt: number,
): Promise<unknown> {
  const { device: address } = ask as { readonly device: string }
  const device = society.devices.get(address)
  if (device === undefined) throw new Refusal('unknown device')
  const run = commands[name] as (
    society: Society,
    device: Device,
    ask: unknown,
    deadlineAt: number,
  ) => Promise<unknown>
  return run(society, device, ask, deadlineAt)
}

function replyOf(request: number, error: unknown): CommandReply {
  if (error instanceof Refusal) return { request, type: 'refused', reason: error.reason }
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof OperationFailure) return { request, type: 'failed', kind: error.kind, message }
  console.error(error)
  return { request, type: 'failed', kind: 'unexpected', message }
}

async function replyTo(obey: Obey, { request, name, ask, withinMs }: CommandFrame): Promise<CommandReply> {
  try {
    return { request, type: 'done', value: await obey(name, ask, performance.now() + withinMs) }
  } catch (error) {
    return replyOf(request, error)
  }
}

/** Commands that are not done. */
interface UnderWay {
  count: number
}

function serve(obey: Obey, socket: WebSocket, underWay: UnderWay): void {
  socket.binaryType = 'nodebuffer'
  socket.on('message', (data: Buffer) => {
    const command = decodeFrame(data).header as CommandFrame
    underWay.count += 1
    void replyTo(obey, command).then((reply) => {
      underWay.count -= 1
      if (socket.readyState === socket.OPEN) socket.send(encodeFrame(reply))
    })
  })
}

/** Where people's commands come in. */
export interface ControlSocket {
  /** How many commands are not done. */
  underWay(): number
  close(): Promise<void>
}

/** Takes commands from whoever knows the secret that only this run's Redis has, and says there where it listens. */
export async function listenForCommands<
  Device,
  Society extends { readonly devices: ReadonlyMap<string, Device> },
>(society: Society, commands: Commands<Society, Device>, redis: RedisClient): Promise<ControlSocket> {
  const underWay: UnderWay = { count: 0 }
  const secret = randomBytes(24).toString('base64url')
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    perMessageDeflate: false,
    verifyClient: ({ req }: { req: IncomingMessage }) => req.headers.authorization === secret,
  })
  server.on('connection', (socket) =>
    serve((name, ask, deadlineAt) => obey(society, commands, name, ask, deadlineAt), socket, underWay),
  )
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await redis.wave([['hset', CLIENTS, 'port', port, 'secret', secret]])
  return {
    underWay: () => underWay.count,
    async close() {
      server.close()
      for (const client of server.clients) client.terminate()
      await redis.wave([['del', CLIENTS]])
    },
  }
}
