// Kills of what carries messages: Redis, a gateway, one of three nodes of Cassandra.
import { setTimeout as delay } from 'node:timers/promises'
import { closeStores, connectStores, upStores } from '../../../src/session/up.ts'
import type { CassandraClient } from '../../../src/stores/cassandra/client.ts'
import { bucketOf } from '../../../src/workloads/messaging/ids.ts'
import { messagingStores } from '../../../src/workloads/messaging/stores.ts'
import { nodeAlone } from '../cassandra-writers.ts'
import { eventually } from '../context.ts'
import { killNode, restartStore, signalStore } from '../kill.ts'
import type { MessagingCase } from '../messaging-case.ts'
import { newMessageTally } from './message-tally.ts'
import type { MessageTally } from './message-tally.ts'
import { CLUSTER } from './stores.ts'
import { beginTalks, countTalks, sayIn } from './talks.ts'
import type { Talk } from './talks.ts'

/** Messages of each conversation before something is killed, and after it was. */
const AROUND = 10

/** How a round goes. */
interface KillRound {
  readonly name: string
  /** Conversations side by side. */
  readonly talks: number
  /** Messages a second of all of them; as fast as they are answered where it is absent. */
  readonly rate?: number
  /** Kills something, and lets it come back. @param more resolves when so many more were acknowledged in all */
  harm(talks: readonly Talk[], more: (messages: number) => Promise<void>): Promise<void>
}

function acknowledgedIn(talks: readonly Talk[]): number {
  return talks.reduce((sum, { said }) => sum + said.length, 0)
}

/**
 * People say things to others who are away, and to their own other devices, while something is killed. What was said
 * before waits in queues then. Ends when all are back and have shown what they should.
 */
async function killUnder(
  messaging: MessagingCase,
  kill: KillRound,
): Promise<{ readonly tally: MessageTally; readonly talks: readonly Talk[] }> {
  const { rate } = kill
  const tally = newMessageTally(kill.name)
  const talks = beginTalks(messaging, kill.talks)
  await Promise.all(talks.flatMap(({ readers }) => readers.map((reader) => messaging.leave(reader))))
  let isDone = false
  const everyMs = rate === undefined ? 0 : (1_000 * talks.length) / rate
  const talking = talks.map(async (talk) => {
    const begunAt = performance.now()
    let turn = 0
    for (let after = 0; after < AROUND; after += isDone ? 1 : 0) {
      await sayIn(messaging, talk)
      turn += 1
      // Who is behind says the next thing at once.
      const ahead = begunAt + turn * everyMs - performance.now()
      if (ahead > 0) await delay(ahead)
    }
  })
  const harmed = (async () => {
    await eventually(() => talks.every(({ said }) => said.length >= AROUND))
    try {
      await kill.harm(talks, async (messages) => {
        const goal = acknowledgedIn(talks) + messages
        await eventually(() => acknowledgedIn(talks) >= goal)
      })
      tally.times += 1
    } finally {
      isDone = true
    }
  })()
  await Promise.all([harmed, ...talking])
  await countTalks(messaging, talks, tally)
  return { tally, talks }
}

/** Conversations side by side where a round is one kill. */
const TALKS = 6

/** Kills Redis while messages are sent, and starts it again: what it held is made anew. */
export async function killRedis(messaging: MessagingCase): Promise<MessageTally> {
  const { home } = messaging
  const { tally } = await killUnder(messaging, {
    name: 'redis killed',
    talks: TALKS,
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
 * Kills one of two gateways while messages are sent and just after marks were answered: devices go to the other one, and
 * tell it the marks. It is there again afterwards.
 */
export async function killGateway(messaging: MessagingCase, index: number): Promise<MessageTally> {
  const read = new Map<string, bigint>()
  const { tally, talks } = await killUnder(messaging, {
    name: 'gateway killed',
    talks: TALKS,
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

const STORED = {
  text: 'SELECT message_id FROM messages WHERE conversation_id = ? AND bucket = ? AND message_id = ?',
  idempotent: true,
}

/** Resolves when a node by itself has every message of some talks. @throws Error when it has not within minutes */
async function untilThere(
  { endpoints }: MessagingCase,
  index: number,
  talks: readonly Talk[],
): Promise<void> {
  const alone = endpoints.map((each) => (each.store === 'cassandra' ? nodeAlone(each, index) : each))
  const stores = await connectStores(alone, { poolSize: 1, applicationName: 'arch test alone' })
  try {
    const { cassandra } = messagingStores(stores, 'fixed')
    for (const { conversation, said } of talks)
      for (const { message } of said) {
        const id = BigInt(message)
        const values = [conversation, bucketOf(id), id] as const
        await eventually(async () => {
          const rows = await cassandra.query(STORED, values, { consistency: 'LOCAL_ONE' })
          return rows.length === 1
        })
      }
  } finally {
    await closeStores(stores)
  }
}

/** Makes each node answer from its own copy, where it is asked for one. */
export async function answerAlone({ own: { cassandra } }: MessagingCase): Promise<void> {
  const client: CassandraClient = cassandra
  await client.execute(`ALTER TABLE messages WITH speculative_retry = 'NEVER'`)
}

/**
 * Kills one of three nodes of Cassandra while messages are sent: the others go on. It starts again while they still are,
 * and is sent what it missed.
 */
export async function killCassandraNode(messaging: MessagingCase, index: number): Promise<MessageTally> {
  const { home } = messaging
  const { tally, talks } = await killUnder(messaging, {
    name: 'cassandra node killed',
    talks: TALKS,
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
