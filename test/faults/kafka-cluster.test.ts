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

for (const name of KEEPING) {
  t.test(
    `${name}: a kill -9 of one of three brokers loses nothing acknowledged, and two go on`,
    async (t) => {
      await withClient((await up()).endpoint, async (whoever) => {
        const client = await whoever.withClient(name)
        const topic = `kept-${name}`
        await client.ensureTopics([{ name: topic, partitions: 6, settings: {} }])
        const consumed = new Set<string>()
        const consumption = await client.consume({
          group: topic,
          topics: [topic],
          from: 'earliest',
          handle: async (batch) => batch.forEach(({ value }) => consumed.add(value.toString())),
          failed: () => undefined,
        })
        const writers = startWriters(client, topic)
        await writers.more(50)
        const [first] = await client.replicas(topic)
        const led = (await nodes()).findIndex(({ port }) => port === first?.leader?.port)
        await killNode(home, 'kafka', led)
        await writers.more(100)
        await writers.stop()
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
        while ((await client.lag(topic, [topic])) > 0n) continue
        await consumption.close()
        t.ok(writers.acknowledged.every((value) => consumed.has(value)))
      })
      t.equal((await up()).alreadyRunning, false)
    },
  )
}
