// Kills of what carries messages: Redis, a gateway, one of three nodes of Cassandra.
import { upStores } from '../../../src/session/up.ts'
import { killNode, restartStore, signalStore } from '../kill.ts'
import type { MessagingCase } from '../messaging-case.ts'
import { untilThere } from './message-copies.ts'
import { everySecond, harmUnder, TALKS } from './message-rounds.ts'
import type { MessageTally } from './message-tally.ts'
import { CLUSTER } from './stores.ts'
import type { Talk } from './talks.ts'

/** Kills Redis while messages are sent, and starts it again: what it held is made anew. */
export async function killRedis(messaging: MessagingCase): Promise<MessageTally> {
  const { home } = messaging
  const { tally } = await harmUnder(messaging, {
    name: 'redis killed',
    talks: TALKS,
    isAway: everySecond,
    async harm() {
      await signalStore(home, 'redis', 'SIGKILL')
      await restartStore(home, 'redis')
    },
  })
  return tally
}

const MARK = {
  text: 'SELECT read_message_id FROM watermarks WHERE user_id = ? AND conversation_id = ?',
  idempotent: true,
}

/** The mark of whoever speaks in a talk, as the store has it. */
async function markOf({ own }: MessagingCase, { sender, conversation }: Talk): Promise<bigint> {
  const [user = ''] = sender.address.split(':')
  const [row] = await own.cassandra.query<{ readonly read_message_id: bigint }>(MARK, [
    BigInt(user),
    conversation,
  ])
  return row?.read_message_id ?? 0n
}

/**
 * Kills one of two gateways while messages are sent, to devices that are connected to it too, and just after marks were
 * answered: devices go to the other one, and tell it the marks. It is there again afterwards.
 */
export async function killGateway(messaging: MessagingCase, index: number): Promise<MessageTally> {
  const read = new Map<string, bigint>()
  const { tally, talks } = await harmUnder(messaging, {
    name: 'gateway killed',
    talks: TALKS,
    isAway: everySecond,
    async harm(begun) {
      for (const { sender, conversation, said } of begun) {
        const message = BigInt(said.at(-1)?.message ?? 0)
        await sender.read(conversation, message)
        read.set(conversation, message)
      }
      messaging.processes[index]?.kill()
    },
  })
  await messaging.startGateway(index)
  for (const talk of talks) {
    const mark = await markOf(messaging, talk)
    const answered = read.get(talk.conversation) ?? 0n
    if (mark < answered) tally.violated.push(`the mark ${answered} was answered, and ${mark} is kept`)
  }
  return tally
}

/** Messages a second while a node of Cassandra is killed, and how many are acknowledged before it comes back. */
const RATE = 100
const WITHOUT = 200

/**
 * Kills one of three nodes of Cassandra while messages are sent: the others go on. It starts again while they still are,
 * and is sent what it missed.
 */
export async function killCassandraNode(messaging: MessagingCase, index: number): Promise<MessageTally> {
  const { home } = messaging
  const { tally, talks } = await harmUnder(messaging, {
    name: 'cassandra node killed',
    talks: TALKS,
    isAway: everySecond,
    rate: RATE,
    async harm(_talks, more) {
      await killNode(home, 'cassandra', index)
      await more(WITHOUT)
      await upStores(['cassandra', 'redis'], { provider: 'native', topology: CLUSTER, home })
    },
  })
  try {
    await untilThere(messaging, index, talks)
  } catch (error) {
    tally.violated.push(`node ${index} has not caught up: ${String(error)}`)
  }
  return tally
}
