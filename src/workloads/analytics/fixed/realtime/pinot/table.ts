import type { SchemaDifference } from '../../../../../core/workload.ts'
import { declaredTopics, freshTopics, topicDifferences } from '../../../../../patterns/topics.ts'
import type { KafkaClient } from '../../../../../stores/kafka/client.ts'
import type { PinotClient, TableDefinition } from '../../../../../stores/pinot/client.ts'
import { schemaText } from '../../../schema.ts'

/** The table of events that Pinot reads, and the topic that it reads them from, an event a record. */
export const HOT_EVENTS = { table: 'hot_events', topic: 'hot-events' } as const

const FOLDER = 'schemas/analytics/pinot'
const ABSENT = 'nothing'

/** Where the table is, and what it reads. */
export interface PinotAndKafka {
  readonly pinot: PinotClient
  readonly kafka: KafkaClient
}

type Json = Readonly<Record<string, unknown>>

interface TableFile extends Json {
  readonly tableIndexConfig: Json & { readonly streamConfigs: Json }
}

async function declaredSchema(): Promise<Json> {
  return JSON.parse(await schemaText(`${FOLDER}/schema.json`)) as Json
}

async function declaredTable(): Promise<TableFile> {
  return JSON.parse(await schemaText(`${FOLDER}/table.json`)) as TableFile
}

/** What the file cannot say: where the topic is, and by which password it is read. */
function readsFrom(kafka: KafkaClient): Json {
  const { topic, brokers, properties } = kafka.javaReader(HOT_EVENTS.topic)
  return { 'stream.kafka.topic.name': topic, 'stream.kafka.broker.list': brokers, ...properties }
}

async function declared(kafka: KafkaClient): Promise<TableDefinition> {
  const table = await declaredTable()
  const { tableIndexConfig } = table
  const streamConfigs = { ...tableIndexConfig.streamConfigs, ...readsFrom(kafka) }
  return {
    schema: await declaredSchema(),
    table: { ...table, tableIndexConfig: { ...tableIndexConfig, streamConfigs } },
  }
}

const declaredTopic = (): ReturnType<typeof declaredTopics> => declaredTopics(`${FOLDER}/topics.json`)

/** An empty table, which reads an empty topic. @throws OperationFailure */
export async function freshHotEvents({ pinot, kafka }: PinotAndKafka): Promise<void> {
  // It would go on to read a topic that is no longer there.
  await pinot.dropTable(HOT_EVENTS.table)
  await freshTopics(kafka, await declaredTopic())
  await pinot.replaceTable(HOT_EVENTS.table, await declared(kafka))
}

/** What a declared value and a live one differ in. Pinot answers many settings that nobody gave: those are left alone. */
function differencesIn(object: string, expected: unknown, found: unknown): SchemaDifference[] {
  const isNested = typeof expected === 'object' && expected !== null
  if (isNested && typeof found === 'object' && found !== null) {
    const inside = Object.entries(expected).flatMap(([name, value]) =>
      differencesIn(`${object}.${name}`, value, (found as Json)[name]),
    )
    const isLonger = Array.isArray(expected) && Array.isArray(found) && found.length > expected.length
    return isLonger
      ? [...inside, { object, expected: `${expected.length} of them`, found: `${found.length}` }]
      : inside
  }
  if (expected === found) return []
  return [
    {
      object,
      expected: JSON.stringify(expected),
      found: found === undefined ? ABSENT : JSON.stringify(found),
    },
  ]
}

/**
 * The live topic, table and schema against the declared ones; of how Kafka is reached nothing is said. Where there is no
 * table nothing differs: Pinot starts empty, and the next run makes it.
 * @throws OperationFailure
 */
export async function hotEventsDifferences({
  pinot,
  kafka,
}: PinotAndKafka): Promise<readonly SchemaDifference[]> {
  const live = await pinot.tableOf(HOT_EVENTS.table)
  if (live === undefined) return []
  // Pinot ends its name in the kind, and names the tenants that none were asked of.
  const { tableName: _, ...table } = await declaredTable()
  return [
    ...(await topicDifferences(kafka, await declaredTopic())),
    ...differencesIn('schema', await declaredSchema(), live.schema),
    ...differencesIn('table', table, live.table),
  ]
}
