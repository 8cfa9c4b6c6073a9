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
function describe(topic: TopicSpec, declared: TopicSpec['settings'], copies: number | undefined): string {
  const settings = Object.keys(declared).map(
    (key) => `${key}=${topic.settings[key] ?? DEFAULTS[key] ?? ABSENT}`,
  )
  const kept = copies === undefined ? [] : [`${copies} ${copies === 1 ? 'copy' : 'copies'}`]
  return [`${topic.partitions} partitions`, ...kept, ...settings].join(', ')
}

/** Copies that a topic should have, and that it has: more than it should, where a broker is down, is as it should be. */
function copiesOf(
  { copies: wanted }: TopicSpec,
  { copies: found = 0 }: Pick<TopicSpec, 'copies'>,
  brokers: number,
): readonly [number | undefined, number | undefined] {
  if (wanted === undefined) return [undefined, undefined]
  const expected = Math.min(wanted, brokers)
  return [expected, Math.min(found, expected)]
}

/** Live topics against the declared ones. @throws OperationFailure */
export async function topicDifferences(
  kafka: KafkaClient,
  specs: readonly TopicSpec[],
): Promise<readonly SchemaDifference[]> {
  const live = new Map(
    (await kafka.describeTopics(specs.map(({ name }) => name))).map((spec) => [spec.name, spec]),
  )
  const brokers = await kafka.brokers()
  return specs.flatMap((spec) => {
    const found = live.get(spec.name)
    const [wanted, copies] = copiesOf(spec, found ?? {}, brokers)
    const expected = describe(spec, spec.settings, wanted)
    const actual = found === undefined ? ABSENT : describe(found, spec.settings, copies)
    return expected === actual ? [] : [{ object: `topic ${spec.name}`, expected, found: actual }]
  })
}

/** Empty topics: what an earlier run left in them is gone. @throws OperationFailure */
export async function freshTopics(kafka: KafkaClient, specs: readonly TopicSpec[]): Promise<void> {
  await kafka.deleteTopics(specs.map(({ name }) => name))
  await kafka.ensureTopics(specs)
}
