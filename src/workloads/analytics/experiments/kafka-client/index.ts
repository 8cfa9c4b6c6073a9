import { setTimeout as sleep } from 'node:timers/promises'
import type {
  Experiment,
  ExperimentColumn,
  Named,
  Readings,
  StoreNodes,
  Trial,
} from '../../../../core/experiment.ts'
import { closedLoop } from '../../../../patterns/closed-loop.ts'
import type { KafkaClient, KafkaClientName, KafkaMessage } from '../../../../stores/kafka/client.ts'
import { newWitness } from './witness.ts'
import type { Witness } from './witness.ts'

const PREFIX = 'arch-experiment-kafka-client-'
const PARTITIONS = 6
const COPIES = 3
/** Messages of one batch: as many for each partition. */
const BATCH = 120
/** About as long as an event of the text, as JSON. */
const VALUE = Buffer.alloc(250, 'x')
/** The broker dies when so much of what will be sent is acknowledged. */
const KILLED_AT = 0.4
const POLL_MS = 50

interface Row extends Named {
  readonly client: KafkaClientName
}

const ROWS: readonly Row[] = [
  {
    name: 'kafkajs spanning',
    client: 'kafkajs-spanning',
    description: 'one send() over all partitions, as most code has it, repeated by kafkajs itself',
  },
  {
    name: 'kafkajs',
    client: 'kafkajs',
    description: 'the remedy: a send() for each partition, repeated above kafkajs',
  },
  {
    name: 'platformatic',
    client: 'platformatic',
    description: '@platformatic/kafka, the default: one partition a send as well',
  },
]

const column = (
  name: string,
  title: string,
  kind: ExperimentColumn['kind'],
  dispensable: number,
): ExperimentColumn => ({
  name,
  title,
  kind,
  spread: kind === 'rate',
  dispensable,
  over: kind === 'rate' ? 'median' : 'total',
})

const COLUMNS: readonly ExperimentColumn[] = [
  column('acknowledged', 'acknowledged', 'count', 0),
  column('lost', 'lost', 'count', 0),
  column('doubled', 'doubled', 'count', 1),
  column('unknown', 'unknown', 'count', 3),
  column('roundsWithLoss', 'lossy rounds', 'count', 0),
  column('perSecond', 'messages/s', 'rate', 2),
]

/** Messages keyed by their numbers, a share for each partition: which one is then no matter of the key. */
function batchFrom(first: number): readonly KafkaMessage[] {
  return Array.from({ length: BATCH }, (_, index) => ({
    key: String(first + index),
    partition: index % PARTITIONS,
    value: VALUE,
  }))
}

/** Waits until every partition is led and has all its copies: a broker that has just started is behind. */
async function untilInSync(kafka: KafkaClient, topic: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const replicas = await kafka.replicas(topic)
    if (replicas.every(({ leader, inSync }) => leader !== undefined && inSync === COPIES)) return
    if (signal.aborted) return
    await sleep(POLL_MS)
  }
}

/** Kills the leader of the first partition as soon as enough is acknowledged, unless all ends before. */
async function killWhenDue(
  kafka: KafkaClient,
  topic: string,
  nodes: StoreNodes,
  isDue: () => boolean,
  ended: AbortSignal,
): Promise<void> {
  const [first] = await kafka.replicas(topic)
  while (!isDue()) {
    if (ended.aborted) return
    await sleep(1)
  }
  if (first?.leader !== undefined) await nodes.kill('kafka', first.leader)
}

/** Sends batches from all clients and kills a broker under them. Answers the seconds that it took. */
async function produceUnderKill(
  kafka: KafkaClient,
  topic: string,
  witness: Witness,
  trial: Trial,
  nodes: StoreNodes,
): Promise<number> {
  const ended = new AbortController()
  const due = KILLED_AT * trial.clients * trial.perClient * BATCH
  const killed = killWhenDue(kafka, topic, nodes, () => witness.acknowledged >= due, ended.signal)
  try {
    const { seconds } = await closedLoop(
      trial.clients,
      trial.perClient,
      trial.signal,
      async (client, number) => {
        const first = (client * trial.perClient + number) * BATCH
        // A batch that failed is data: some of it may be there.
        await kafka.produce(topic, batchFrom(first)).then(
          () => witness.acknowledge(first, BATCH),
          () => undefined,
        )
      },
    )
    return seconds
  } finally {
    ended.abort()
    await killed
  }
}

async function measure(whole: KafkaClient, nodes: StoreNodes, trial: Trial): Promise<Readings> {
  const row = ROWS.find(({ name }) => name === trial.row)
  if (row === undefined) throw new RangeError(`no row ${trial.row}`)
  const kafka = (await whole.withClient(row.client)).withPrefix(PREFIX)
  const topic = `${row.client}-${trial.round}`
  const total = trial.clients * trial.perClient * BATCH
  const witness = newWitness(total)
  await kafka.deleteTopics([topic])
  await kafka.ensureTopics([{ name: topic, partitions: PARTITIONS, settings: {} }])
  await untilInSync(kafka, topic, trial.signal)
  try {
    // Connections and metadata are there when the trial begins.
    await kafka.produce(topic, batchFrom(total))
    const seconds = await produceUnderKill(kafka, topic, witness, trial, nodes)
    const { acknowledged, lost, doubled, unknown } = await witness.compare(kafka.readTopic(topic))
    const roundsWithLoss = lost > 0 ? 1 : 0
    return { acknowledged, lost, doubled, unknown, roundsWithLoss, perSecond: acknowledged / seconds }
  } finally {
    await nodes.restore()
    await kafka.deleteTopics([topic])
  }
}

/** What each client's acknowledgement is worth when a broker dies, and what it costs. */
export const kafkaClient: Experiment = {
  title: 'what an acknowledgement of each Kafka client is worth when a broker dies (X-13)',
  compares:
    'batches over six partitions, three copies, acknowledged by two brokers, while the broker that leads the first partition is killed: what was acknowledged and is not there, and what is there twice',
  stores: ['kafka'],
  topology: 'cluster',
  rows: ROWS.map(({ name, description }) => ({ name, description })),
  patterns: [
    {
      name: 'a broker dies',
      description:
        'kill -9 of one of three brokers when two fifths are acknowledged; it is back before the next trial',
    },
  ],
  columns: COLUMNS,
  defaults: { loop: { clients: 8, perClient: 100 }, rounds: 6, population: 0 },
  open(stores, _population, { nodes }) {
    const whole = stores['kafka'] as KafkaClient
    return Promise.resolve({
      measure: (trial) => measure(whole, nodes, trial),
      close: () => nodes.restore(),
    })
  },
}
