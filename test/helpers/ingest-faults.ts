// Faults of ingestion, each as the tests run it once and the soak many times: batches are sent, something is killed on
// the way, and afterwards the audits tell what is left.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Audit } from '../../src/core/audit.ts'
import { OperationFailure } from '../../src/core/errors.ts'
import { fixedAudits, realtimeAudits } from '../../src/workloads/analytics/audits/index.ts'
import { EVENT_VERSION } from '../../src/workloads/analytics/events/encode.ts'
import { startRealtime } from '../../src/workloads/analytics/fixed/realtime/role.ts'
import { HEADER, REALTIME_GROUP } from '../../src/workloads/analytics/fixed/topics.ts'
import { eventually } from './context.ts'
import { batchNumber, ingestHere, ingestKilledAt, lineWith } from './analytics.ts'
import type { AnalyticsCase } from './analytics.ts'
import { restartStore, signalStore } from './kill.ts'
import type { ProducerOrder } from './producer-process.ts'

const PRODUCER = fileURLToPath(new URL('producer-process.ts', import.meta.url))

/** Batches of one trial, of a hundred events each. */
export const FAULT_BATCHES = 24

/** A fault, and how a trial with it goes. */
export interface IngestFault {
  readonly name: string
  /** Sends batches from number `first`, lets the fault happen, and resolves when all that was sent is stored. */
  readonly trial: (analytics: AnalyticsCase, first: number) => Promise<void>
  /** What must hold afterwards; the audits of suite `ingest` when absent. */
  readonly audits?: readonly Audit[]
  /** Batches beside, from number `first + FAULT_BATCHES` on, whose events must all be dead letters, once; none when absent. */
  readonly poison?: number
}

/** Sends each batch until somebody acknowledges it, as an SDK does. */
async function send(analytics: AnalyticsCase, first: number, count = FAULT_BATCHES): Promise<void> {
  for (let index = first; index < first + count; index += 1) {
    await eventually(() =>
      analytics.send(index).then(
        () => true,
        (error: unknown) => {
          if (error instanceof OperationFailure) return false
          throw error
        },
      ),
    )
  }
}

/** Ingestion dies at a point; another goes on. */
function consumerKilled(point: string, visit: number): IngestFault {
  return {
    name: `ingestion killed at ${point}, visit ${visit}`,
    async trial(analytics, first) {
      await send(analytics, first)
      await ingestKilledAt(analytics, point, visit)
      const next = await ingestHere(analytics)
      await analytics.settled()
      await next.close()
    },
  }
}

/**
 * Both groups die between insert and commit; others go on. At once, since each group waits ten seconds for the member that
 * it has lost.
 * @param client by which group `ingest` reads Kafka; the other has the default one
 */
function bothKilled(client: string): IngestFault {
  return {
    name: `both groups killed between insert and commit, ingestion with client=${client}`,
    audits: realtimeAudits,
    async trial(analytics, first) {
      const chosen = { ...analytics, choice: { ...analytics.choice, client } }
      await send(analytics, first)
      await Promise.all([
        ingestKilledAt(chosen, 'ingest.before-commit', 1),
        ingestKilledAt(analytics, 'realtime.before-commit', 1, 'realtime'),
      ])
      const next = await Promise.all([ingestHere(chosen), ingestHere(analytics, startRealtime)])
      await Promise.all([analytics.settled(), analytics.settled(REALTIME_GROUP)])
      await Promise.all(next.map((role) => role.close()))
    },
  }
}

/** A store is killed under ingestion, and started again. */
function storeKilled(store: 'clickhouse' | 'kafka'): IngestFault {
  return {
    name: `${store} killed under ingestion`,
    async trial(analytics, first) {
      const ingest = await ingestHere(analytics)
      await send(analytics, first, FAULT_BATCHES / 2)
      await signalStore(analytics.home, store, 'SIGKILL')
      const rest = send(analytics, first + FAULT_BATCHES / 2, FAULT_BATCHES / 2)
      await restartStore(analytics.home, store)
      await rest
      await analytics.settled()
      await ingest.close()
    },
  }
}

/** Two members divide the partitions anew while batches flow. */
const rebalance: IngestFault = {
  name: 'a second member comes and goes in full flow',
  async trial(analytics, first) {
    const ingest = await ingestHere(analytics)
    await send(analytics, first, FAULT_BATCHES / 2)
    const second = await ingestHere(analytics)
    await send(analytics, first + FAULT_BATCHES / 2, FAULT_BATCHES / 4)
    await ingest.close()
    await send(analytics, first + (FAULT_BATCHES * 3) / 4, FAULT_BATCHES / 4)
    await analytics.settled()
    await second.close()
  },
}

/** Senders die in full flow; what nobody has heard of is sent again, by others. */
const producerKilled: IngestFault = {
  name: 'the senders killed in full flow',
  async trial(analytics, first) {
    const ingest = await ingestHere(analytics)
    const child = fork(PRODUCER, [], { serialization: 'advanced' })
    const exited = once(child, 'exit')
    const heard = new Set<number>()
    child.on('message', (index: number) => {
      heard.add(index)
      if (heard.size === FAULT_BATCHES / 3) child.kill('SIGKILL')
    })
    const order: ProducerOrder = { endpoints: analytics.endpoints, first, count: FAULT_BATCHES }
    child.send(order)
    const [, signal] = (await exited) as [number | null, string | null]
    if (signal !== 'SIGKILL') throw new Error('the senders ended on their own')
    for (let index = first; index < first + FAULT_BATCHES; index += 1)
      await (heard.has(index) ? analytics.acknowledged(index) : send(analytics, index, 1))
    await analytics.settled()
    await ingest.close()
  },
}

/** A bound that no disk keeps free, so that the engine answers as it does when its disk is full. */
const NO_ROOM = 2 ** 60

/** The disk of a table is full for a while; batches wait in Kafka. */
function diskFull(table: string): IngestFault {
  const refusals = "SELECT sum(value) FROM system.errors WHERE name = 'NOT_ENOUGH_SPACE'"
  return {
    name: `the disk of ${table} full under ingestion`,
    async trial(analytics, first) {
      const { clickhouse } = analytics.own
      const ingest = await ingestHere(analytics)
      await send(analytics, first, FAULT_BATCHES / 2)
      const before = await analytics.count(refusals)
      await clickhouse.command(
        `ALTER TABLE ${table} MODIFY SETTING min_free_disk_bytes_to_perform_insert = ${NO_ROOM}`,
      )
      await send(analytics, first + FAULT_BATCHES / 2, FAULT_BATCHES / 2)
      await eventually(async () => (await analytics.count(refusals)) > before)
      await clickhouse.command(`ALTER TABLE ${table} RESET SETTING min_free_disk_bytes_to_perform_insert`)
      await analytics.settled()
      await ingest.close()
    },
  }
}

const POISON_BATCHES = 4

/** Batches of broken events alone come in full flow. */
const poison: IngestFault = {
  name: 'batches of broken events alone in full flow',
  poison: POISON_BATCHES,
  // The journal, by which it judges, does not hold them.
  audits: fixedAudits.filter(({ name }) => name !== 'dead-letters.explained'),
  async trial(analytics, first) {
    const ingest = await ingestHere(analytics)
    await send(analytics, first, FAULT_BATCHES / 2)
    const body = Buffer.from(`${lineWith({ 2: '12.0' })}\n`.repeat(100))
    for (let index = 0; index < POISON_BATCHES; index += 1) {
      const batch = `${batchNumber(first + FAULT_BATCHES + index)}`
      await analytics.sendForeign({ [HEADER.batch]: batch, [HEADER.version]: EVENT_VERSION }, body)
    }
    await send(analytics, first + FAULT_BATCHES / 2, FAULT_BATCHES / 2)
    await analytics.settled()
    await ingest.close()
  },
}

/** All of them. The last leaves dead letters that audits after others would find, where tables are not made anew. */
export const ingestFaults: readonly IngestFault[] = [
  consumerKilled('ingest.before-insert', 1),
  // The default client between insert and commit: below.
  bothKilled('kafkajs'),
  consumerKilled('ingest.before-commit', 2),
  rebalance,
  producerKilled,
  diskFull('events'),
  diskFull('events_by_minute'),
  storeKilled('clickhouse'),
  storeKilled('kafka'),
  poison,
]

/** What is wrong after a trial, a line each; batches from number `first` on. */
export async function wrongAfter(
  analytics: AnalyticsCase,
  { audits, poison = 0 }: IngestFault,
  first: number,
): Promise<string[]> {
  const wrong = await analytics.violations(audits)
  const next = first + FAULT_BATCHES
  const among = (from: number, count: number): string =>
    `batch_id >= ${batchNumber(from)} AND batch_id < ${batchNumber(from + count)}`
  const stored = await analytics.count(`SELECT count() FROM events WHERE ${among(first, FAULT_BATCHES)}`)
  if (stored !== FAULT_BATCHES * 100) wrong.unshift(`${stored} of ${FAULT_BATCHES * 100} events are stored`)
  const letters = `SELECT batch_id FROM dead_letters WHERE ${among(next, poison)} GROUP BY batch_id, batch_position HAVING count() = 1`
  const buried = await analytics.count(`SELECT count() FROM (${letters})`)
  if (buried !== poison * 100)
    wrong.unshift(`${buried} of ${poison * 100} broken events are dead letters once`)
  return wrong
}
