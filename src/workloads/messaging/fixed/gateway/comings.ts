import { OperationFailure } from '../../../../core/errors.ts'
import { tell } from './deliver.ts'
import { SMALL_GROUP, tellPresence } from './ephemeral.ts'
import type { Gateway, Session } from './gateway.ts'
import { SELECT_INBOX } from './statements.ts'

/** Conversations of a user through which others see it. */
const MOST_CONVERSATIONS = 64
/** Who is gone for less, or here for less, is not told. */
const SETTLES_MS = 250

/** Tells who shares a small conversation with a device's user that it has come or gone. */
export interface Comings {
  /** A session has begun or ended. */
  changed(gateway: Gateway, session: Session): void
  /** Nothing is told any more: whose gateway ends is soon at another one. */
  close(): Promise<void>
}

/** The devices of others with whom the device's user shares a conversation of two or a small group. @throws OperationFailure */
async function companyOf(gateway: Gateway, { device: { user } }: Session): Promise<readonly string[]> {
  const rows = await gateway.cassandra.query<{ readonly conversation_id: string }>(SELECT_INBOX, [user])
  const shared = await Promise.all(
    rows.slice(0, MOST_CONVERSATIONS).map((row) => gateway.memberships.of(row.conversation_id)),
  )
  const addresses = shared
    .filter(({ users }) => users.size <= SMALL_GROUP)
    .flatMap(({ devices }) => devices.map(({ address }) => address))
  return [...new Set(addresses)].filter((address) => !address.startsWith(`${user}:`))
}

async function tellOthers(gateway: Gateway, session: Session): Promise<void> {
  const others = await companyOf(gateway, session)
  if (others.length === 0) return
  const connected = await tellPresence(gateway, others, session.address)
  if (gateway.sessions.get(session.address) !== session) return
  for (const from of connected) tell(session, { type: 'presence', from, state: 'online' })
}

/** Opens what tells comings and goings of one gateway's devices. */
export function openComings(): Comings {
  const timers = new Map<string, NodeJS.Timeout>()
  const underWay = new Set<Promise<void>>()
  let isClosed = false

  function begin(gateway: Gateway, session: Session): void {
    timers.delete(session.address)
    const told = tellOthers(gateway, session)
      .catch((error: unknown) => {
        // Nobody waits for it, and nothing is owed.
        if (!(error instanceof OperationFailure)) console.error(error)
      })
      .finally(() => underWay.delete(told))
    underWay.add(told)
  }

  return {
    changed(gateway, session) {
      if (isClosed) return
      clearTimeout(timers.get(session.address))
      timers.set(
        session.address,
        setTimeout(() => begin(gateway, session), SETTLES_MS),
      )
    },
    async close() {
      isClosed = true
      for (const timer of timers.values()) clearTimeout(timer)
      await Promise.all(underWay)
    },
  }
}
