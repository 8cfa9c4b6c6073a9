import { readFile } from 'node:fs/promises'
import type { SchemaDifference } from '../core/workload.ts'
import type { KafkaClient, TopicSpec } from '../stores/kafka/client.ts'

const ABSENT = 'nothing'
/** A setting that equals it is not listed among a topic's own. */
const DEFAULTS: TopicSpec['settings'] = { 'cleanup.policy': 'delete', 'retention.ms': '604800000' }

/** The topics that a file of `schemas/` declares. The package root is equally far from `src` and from `dist`. */
export async function declaredTopics(file: string): Promise<readonly TopicSpec[]> {
  const text = await readFile(new URL(`../../${file}`, import.meta.url), 'utf8')
  return JSON.parse(text) as readonly TopicSpec[]
}

/** A topic in words: those of its settings that are declared. Settings like the server's own are not said by it. */
function describe(topic: TopicSpec, declared: TopicSpec['settings']): string {
  const settings = Object.keys(declared).map(
    (key) => `${key}=${topic.settings[key] ?? DEFAULTS[key] ?? ABSENT}`,
  )
  return [`${topic.partitions} partitions`, ...settings].join(', ')
}

/** Live topics against the declared ones. @throws OperationFailure */
export async function topicDifferences(
  kafka: KafkaClient,
  specs: readonly TopicSpec[],
): Promise<readonly SchemaDifference[]> {
  const live = new Map(
    (await kafka.describeTopics(specs.map(({ name }) => name))).map((spec) => [spec.name, spec]),
  )
  return specs.flatMap((spec) => {
    const found = live.get(spec.name)
    const expected = describe(spec, spec.settings)
    const actual = found === undefined ? ABSENT : describe(found, spec.settings)
    return expected === actual ? [] : [{ object: `topic ${spec.name}`, expected, found: actual }]
  })
}

/** Empty topics: what an earlier run left in them is gone. @throws OperationFailure */
export async function freshTopics(kafka: KafkaClient, specs: readonly TopicSpec[]): Promise<void> {
  await kafka.deleteTopics(specs.map(({ name }) => name))
  await kafka.ensureTopics(specs)
}
