// `npm run bench:kafka [-- --pairs 5 --messages 300000 --topology single]`: both Kafka clients behind the same interface, in
// turns (A B B A ...) on the same broker: messages of 250 bytes, batches of 1,000 over 4 partitions, 5 under way, acknowledged
// by all replicas in sync; then a new group reads them all. Prints each pair, medians, the ratio and its spread.
import { randomBytes } from 'node:crypto'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { closeStores, connectStores, upStores } from '../../src/session/up.ts'
import type { KafkaClient, KafkaClientName, KafkaMessage } from '../../src/stores/kafka/client.ts'

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '5' },
    messages: { type: 'string', default: '300000' },
    topology: { type: 'string', default: 'single' },
  },
})
const pairs = Number(values.pairs)
const total = Number(values.messages)
const topology = values.topology === 'cluster' ? 'cluster' : 'single'
const PARTITIONS = 4
const BATCH = 1_000
const IN_FLIGHT = 5
const WARMUP = 20_000
const PADDING = randomBytes(100).toString('hex')

interface Turn {
  readonly produced: number
  readonly consumed: number
}

const running = await upStores(['kafka'], { provider: 'auto', topology })
const stores = await connectStores(
  running.map(({ endpoint }) => endpoint),
  { poolSize: 1, applicationName: 'arch bench' },
)
const whole = stores['kafka'] as KafkaClient

function batch(first: number): readonly KafkaMessage[] {
  return Array.from({ length: BATCH }, (_, index) => ({
    key: String(first + index),
    value: JSON.stringify({ number: first + index, padding: PADDING, kind: 'page_view' }),
  }))
}

async function produce(kafka: KafkaClient, topic: string, count: number): Promise<number> {
  const begun = performance.now()
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) {
      const first = next
      next += BATCH
      await kafka.produce(topic, batch(first))
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
  return count / ((performance.now() - begun) / 1e3)
}

async function consume(kafka: KafkaClient, topic: string, count: number): Promise<number> {
  const done = Promise.withResolvers<void>()
  let [seen, bytes] = [0, 0]
  let begun = 0
  const consumption = await kafka.consume({
    group: `${topic}-readers`,
    topics: [topic],
    from: 'earliest',
    handle(messages) {
      // Joining a group is not what is compared.
      if (seen === 0) begun = performance.now()
      for (const { value } of messages) bytes += (JSON.parse(value.toString()) as { number: number }).number
      seen += messages.length
      if (seen >= count) done.resolve()
      return Promise.resolve()
    },
    failed: (error) => console.error(String(error)),
  })
  await done.promise
  const seconds = (performance.now() - begun) / 1e3
  await consumption.close()
  if (bytes === 0) throw new RangeError('nothing was read')
  return seen / seconds
}

async function turn(name: KafkaClientName, number: number): Promise<Turn> {
  const kafka = (await whole.withClient(name)).withPrefix('arch-bench-')
  const topic = `${name}-${number}`
  await kafka.deleteTopics([topic])
  await kafka.ensureTopics([{ name: topic, partitions: PARTITIONS, settings: {} }])
  try {
    await produce(kafka, topic, WARMUP)
    const produced = await produce(kafka, topic, total)
    return { produced, consumed: await consume(kafka, topic, WARMUP + total) }
  } finally {
    await kafka.deleteTopics([topic])
  }
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((one, other) => one - other)[numbers.length >> 1] ?? 0
const spread = (numbers: readonly number[], digits: number): string =>
  `median ${median(numbers).toFixed(digits)}, from ${Math.min(...numbers).toFixed(digits)} to ${Math.max(...numbers).toFixed(digits)}`

try {
  console.log(
    `${cpus().length} cores, load average before ${loadavg()[0]?.toFixed(2)}; topology ${topology}, ${total} messages a turn`,
  )
  const all: { readonly platformatic: Turn; readonly kafkajs: Turn }[] = []
  for (let pair = 0; pair < pairs; pair += 1) {
    const isFirst = pair % 2 === 0
    const first = await turn(isFirst ? 'platformatic' : 'kafkajs', pair)
    const second = await turn(isFirst ? 'kafkajs' : 'platformatic', pair)
    const [platformatic, kafkajs] = isFirst ? [first, second] : [second, first]
    all.push({ platformatic, kafkajs })
    for (const what of ['produced', 'consumed'] as const)
      console.log(
        `pair ${pair + 1}, ${what}: platformatic ${platformatic[what].toFixed(0)}/s, kafkajs ${kafkajs[what].toFixed(0)}/s, ratio ${(platformatic[what] / kafkajs[what]).toFixed(2)}`,
      )
  }
  for (const what of ['produced', 'consumed'] as const) {
    for (const client of ['platformatic', 'kafkajs'] as const)
      console.log(
        `${what} by ${client}, a second: ${spread(
          all.map((pair) => pair[client][what]),
          0,
        )}`,
      )
    console.log(
      `${what}, platformatic to kafkajs: ${spread(
        all.map((pair) => pair.platformatic[what] / pair.kafkajs[what]),
        2,
      )}`,
    )
  }
  console.log(`load average after ${loadavg()[0]?.toFixed(2)}`)
} finally {
  await closeStores(stores)
}
