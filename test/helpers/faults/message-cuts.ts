// Two data centres, a gateway in each, that are cut apart while messages are sent.
import { OperationFailure } from '../../../src/core/errors.ts'
import { closeStores, connectStores } from '../../../src/session/up.ts'
import type { Device } from '../../../src/workloads/messaging/clients/device.ts'
import { messagingStores } from '../../../src/workloads/messaging/stores.ts'
import { cutDatacenters, healDatacenters } from '../cassandra-links.ts'
import { eventually } from '../context.ts'
import { endpointsIn, GATEWAYS } from '../messaging-case.ts'
import type { MessagingCase } from '../messaging-case.ts'
import { isStored, untilThere } from './message-copies.ts'
import { harmUnder, TALKS } from './message-rounds.ts'
import type { MessageTally } from './message-tally.ts'
import type { Talk } from './talks.ts'

const DATACENTERS = ['datacenter1', 'datacenter2'] as const
const NODES = [0, 1, 2, 3]
/** Messages a second of all conversations, and messages of each while the data centres are apart, twice. */
const RATE = 100
const APART = 15

type Cassandra = MessagingCase['own']['cassandra']

/** Works with a client in each data centre. */
async function withBoth<Result>(
  { endpoints }: MessagingCase,
  work: (sides: readonly Cassandra[]) => Promise<Result>,
): Promise<Result> {
  const opened = await Promise.all(
    DATACENTERS.map((datacenter) =>
      connectStores(endpointsIn(endpoints, datacenter), {
        poolSize: 1,
        applicationName: `arch test ${datacenter}`,
      }),
    ),
  )
  try {
    return await work(opened.map((stores) => messagingStores(stores, 'fixed').cassandra))
  } finally {
    await Promise.all(opened.map(closeStores))
  }
}

const TABLES = ['users', 'devices', 'key_packages', 'conversations', 'members', 'inbox'] as const

async function rowsIn(cassandra: Cassandra): Promise<string> {
  const counts = await Promise.all(
    TABLES.map((table) =>
      cassandra.query<{ count: bigint }>({ text: `SELECT count(*) FROM ${table}`, idempotent: true }),
    ),
  )
  return counts
    .flat()
    .map(({ count }) => count)
    .join(' ')
}

/**
 * Moves the second gateway into the second data centre, once that one knows everybody: who registers with one gateway may
 * be at the other one sooner than what was written of it.
 */
export async function spreadGateways(messaging: MessagingCase): Promise<void> {
  await withBoth(messaging, async ([here, there]) => {
    if (here === undefined || there === undefined) throw new Error('there are not two data centres')
    await eventually(async () => (await rowsIn(here)) === (await rowsIn(there)))
  })
  await messaging.processes[1]?.stop()
  await messaging.startGateway(1, DATACENTERS[1])
}

/** Connects a device to the n-th gateway: by itself it takes turns. */
async function moveTo(messaging: MessagingCase, device: Device, index: number): Promise<void> {
  await eventually(async () => {
    await device.arrive().catch(() => undefined)
    const [route] = await messaging.own.redis.wave([['get', `route:${device.address}`]])
    if (String(route).split(' ')[0] === GATEWAYS[index]) return true
    await messaging.leave(device)
    return false
  })
}

/** Resolves when every conversation has so many more messages that were acknowledged. */
async function each(talks: readonly Talk[], more: number): Promise<void> {
  const goals = talks.map(({ said }) => said.length + more)
  await eventually(() => talks.every(({ said }, index) => said.length >= (goals[index] ?? 0)))
}

/** Resolves when the first data centre takes the nodes of the second one for dead, and no longer for slow. */
async function untilTakenForDead(cassandra: Cassandra): Promise<void> {
  const values = [1n] as const
  const write = { text: 'DELETE FROM inbox WHERE user_id = ?', idempotent: true }
  await eventually(() =>
    cassandra.query(write, values, { consistency: 'EACH_QUORUM' }).then(
      () => false,
      (error: unknown) => error instanceof OperationFailure && error.kind === 'unavailable',
    ),
  )
}

/**
 * Cuts the two data centres apart while messages are sent in both, and heals the cut. Every second conversation is spoken
 * to by a gateway in the second one; half of those who were away come back during the cut, at the gateway on the other
 * side. When all is over each node has every message.
 * @param isLong whether the cut lasts until the nodes of either side take those of the other for dead
 */
export async function cutMessages(messaging: MessagingCase, isLong: boolean): Promise<MessageTally> {
  const { home } = messaging
  const sideOf = (index: number): number => index % DATACENTERS.length
  const apart: string[] = []
  const { tally, talks } = await harmUnder(messaging, {
    name: 'data centers cut',
    talks: TALKS,
    rate: RATE,
    isAway: () => true,
    begin: async (begun) => {
      for (const [index, { sender }] of begun.entries()) await moveTo(messaging, sender, sideOf(index))
    },
    harm: (begun) =>
      withBoth(messaging, async (sides) => {
        await cutDatacenters(home)
        try {
          await each(begun, APART)
          for (const [index, { conversation, said }] of begun.entries()) {
            const other = sides[sideOf(index + 1)]
            const message = BigInt(said.at(-1)?.message ?? 0)
            if (other === undefined || (await isStored(other, conversation, message)))
              apart.push(`${message} is in both data centres, which were to be apart`)
          }
          const back = begun.slice(0, begun.length / 2)
          await Promise.all(
            back.flatMap(({ readers }, index) =>
              readers.map((reader) => moveTo(messaging, reader, sideOf(index + 1))),
            ),
          )
          if (isLong && sides[0] !== undefined) await untilTakenForDead(sides[0])
          await each(begun, APART)
        } finally {
          await healDatacenters(home)
        }
      }),
  })
  tally.violated.push(...apart)
  for (const node of NODES)
    try {
      await untilThere(messaging, node, talks)
    } catch (error) {
      tally.violated.push(`node ${node} has not caught up: ${String(error)}`)
    }
  return tally
}
