import { randomUUID } from 'node:crypto'
import type { WebSocket } from 'ws'
import { OperationFailure } from '../../../../core/errors.ts'
import { addressOf } from '../../population.ts'
import type { DeviceAddress } from '../../population.ts'
import { tell } from './deliver.ts'
import { drain, lookAgain } from './drain.ts'
import type { Gateway, Session } from './gateway.ts'
import { NAMES } from './names.ts'
import { rebuild } from './rebuild.ts'
import { leaveRoute, stayRoute } from './scripts.ts'

/** How long a device counts as present where nobody says that it is gone: its gateway was killed. */
const PRESENT_SECONDS = 90
/** How often a gateway says who is still there. */
const REFRESH_MS = 30_000

function failed(error: unknown, session: Session): void {
  if (!(error instanceof OperationFailure)) console.error(error)
  session.socket.terminate()
}

/** Sends what waits, and says when that was all. */
async function sendAll(gateway: Gateway, session: Session, isBuilt: boolean): Promise<void> {
  if (!isBuilt) await rebuild(gateway, session)
  await drain(gateway, session)
  if (session.socket.readyState === session.socket.OPEN) tell(session, { type: 'drained' })
}

/**
 * A device is here from now on: first its place is known, then what waits for it is sent, so that nothing comes between
 * the two (MSG-26). One that was connected elsewhere is cut there. @throws OperationFailure
 */
export async function arrive(
  gateway: Gateway,
  socket: WebSocket,
  device: DeviceAddress,
  identity: string,
): Promise<Session> {
  const address = addressOf(device)
  const session: Session = {
    address,
    device,
    socket,
    identity,
    route: `${gateway.name} ${randomUUID()}`,
    epoch: '',
    sent: 0,
    isDraining: true,
    told: 0,
    look: 'store',
    unconfirmed: [],
    isGone: false,
    onTaken: undefined,
    persisted: [],
  }
  gateway.sessions.get(address)?.socket.close(1000, 'connected anew')
  gateway.sessions.set(address, session)
  const [, , isBuilt, epoch] = await gateway.redis
    .wave([
      ['set', NAMES.route(address), session.route, 'EX', PRESENT_SECONDS],
      ['zrem', NAMES.waiting, address],
      ['exists', NAMES.built(address)],
      ['get', NAMES.epoch],
    ])
    .catch((error: unknown) => {
      if (gateway.sessions.get(address) === session) gateway.sessions.delete(address)
      throw error
    })
  session.epoch = String(epoch ?? '')
  sendAll(gateway, session, isBuilt === 1).catch((error: unknown) => failed(error, session))
  return session
}

/** A socket has closed: pushes are not sent here any more, unless the device is back already. */
export function leave(gateway: Gateway, session: Session): void {
  const { address, route } = session
  session.onTaken?.()
  if (gateway.sessions.get(address) === session) gateway.sessions.delete(address)
  const { redis } = gateway
  redis
    .wave([
      redis.call(
        leaveRoute,
        [NAMES.route(address), NAMES.queue(address), NAMES.waiting],
        [route, gateway.now(), address],
      ),
    ])
    .catch((error: unknown) => {
      if (!(error instanceof OperationFailure)) throw error
    })
}

/**
 * Says who is still connected here. Who was taken for away, since nobody had said so for too long, has been pushed nothing
 * meanwhile, and what came for it may have been moved to the store: it is sent now. @throws OperationFailure
 */
export async function stayPresent(gateway: Gateway): Promise<void> {
  const { redis } = gateway
  const sessions = [...gateway.sessions.values()]
  const replies = await redis.wave(
    sessions.map(({ address, route, epoch }) =>
      redis.call(
        stayRoute,
        [NAMES.route(address), NAMES.waiting, NAMES.epoch],
        [route, PRESENT_SECONDS, address, epoch],
      ),
    ),
  )
  for (const [index, session] of sessions.entries())
    if (replies[index] === 1) lookAgain(gateway, session, 'store')
}

/** Says from time to time who is still connected here. @returns what ends it */
export function keepPresent(gateway: Gateway): () => void {
  const timer = setInterval(() => {
    stayPresent(gateway).catch((error: unknown) => {
      if (!(error instanceof OperationFailure)) throw error
    })
  }, REFRESH_MS)
  return () => clearInterval(timer)
}
