import t from 'tap'
import type { KafkaClient } from '../../src/stores/kafka/client.ts'
import { storeStatus } from '../../src/session/status.ts'
import { KEEPING, whole } from '../helpers/kafka.ts'
import { killNode } from '../helpers/kill.ts'
import { kafka } from '../helpers/kafka-cluster.ts'

const { home, nodes, place, up, withClient } = kafka

interface Writers {
  readonly acknowledged: readonly string[]
  /** Resolves when so many more batches are acknowledged; rejects when one failed. */
  more(batches: number): Promise<unknown>
  stop(): Promise<void>
}

/** Produces batches that span partitions, several at once, and is the witness of what was acknowledged. */
function startWriters(client: KafkaClient, topic: string): Writers {
  const acknowledged: string[] = []
  let batches = 0
  let stopped = false
  let goal = { batches: Number.POSITIVE_INFINITY, reached: (): void => undefined }
  const write = async (writer: number): Promise<void> => {
    for (let batch = 0; !stopped; batch += 1) {
      const values = Array.from({ length: 60 }, (_, index) => `${writer} ${batch} ${index}`)
      await client.produce(
        topic,
        values.map((value, index) => ({ key: String(index), value })),
      )
      acknowledged.push(...values)
      batches += 1
      if (batches >= goal.batches) goal.reached()
    }
  }
  const writing = Promise.all([1, 2, 3, 4].map(write))
  return {
    acknowledged,
    more(count) {
      const { promise, resolve } = Promise.withResolvers<void>()
      goal = { batches: batches + count, reached: resolve }
      return Promise.race([promise, writing])
    },
    async stop() {
      stopped = true
      await writing
    },
  }
}

/** What a test is at, and what its consumer was told. */
interface Course {
  phase: string
  readonly failures: unknown[]
}

/** A minute is enough. What takes five hangs, and says where: tap's own end of a file does not. */
async function sayingWhere(work: (course: Course) => Promise<void>): Promise<void> {
  const course: Course = { phase: 'start', failures: [] }
  const hangs = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    const last = course.failures.slice(-5).map(String).join('; ')
    hangs.reject(new Error(`hangs: ${course.phase}; ${course.failures.length} failures, at last ${last}`))
  }, 300_000)
  try {
    await Promise.race([work(course), hangs.promise])
  } finally {
    clearTimeout(timer)
  }
}

for (const name of KEEPING) {
  t.test(
    `${name}: a kill -9 of one of three brokers loses nothing acknowledged, and two go on`,
    async (t) => {
      const round = async (course: Course): Promise<void> =>
        withClient((await up()).endpoint, async (whoever) => {
          const client = await whoever.withClient(name)
          const topic = `kept-${name}`
          await client.ensureTopics([{ name: topic, partitions: 6, settings: {} }])
          const consumed = new Set<string>()
          const consumption = await client.consume({
            group: topic,
            topics: [topic],
            from: 'earliest',
            handle: async (batch) => batch.forEach(({ value }) => consumed.add(value.toString())),
            failed: (error) => course.failures.push(error),
          })
          const writers = startWriters(client, topic)
          course.phase = 'batches before the kill'
          await writers.more(50)
          course.phase = 'the kill'
          const [first] = await client.replicas(topic)
          const led = (await nodes()).findIndex(({ port }) => port === first?.leader?.port)
          await killNode(home, 'kafka', led)
          course.phase = 'batches after the kill'
          await writers.more(100)
          await writers.stop()
          course.phase = 'what the brokers have'
          t.match((await storeStatus(place, 'kafka', {})).nodes?.[led], { state: 'died' })
          const replicas = await client.replicas(topic)
          t.ok(
            replicas.every(({ inSync, leader }) => inSync === 2 && leader !== undefined),
            'two brokers have and lead everything',
          )
          const stored = new Set((await whole(client, topic)).map(({ value }) => value.toString()))
          t.same(
            writers.acknowledged.filter((value) => !stored.has(value)),
            [],
            `all of ${writers.acknowledged.length} are there`,
          )
          course.phase = 'what the consumer has yet to read'
          while ((await client.lag(topic, [topic])) > 0n) continue
          course.phase = 'the end of the consumer'
          await consumption.close()
          t.ok(writers.acknowledged.every((value) => consumed.has(value)))
          course.phase = 'the end of the clients'
        })
      await sayingWhere(round)
      t.equal((await up()).alreadyRunning, false)
    },
  )
}
