import type { SchemaDifference } from '../../../core/workload.ts'
import type { StepReport } from '../../../core/population.ts'
import { topicDifferences } from '../../../patterns/topics.ts'
import type { ElasticsearchClient } from '../../../stores/elasticsearch/client.ts'
import type { CommerceStores } from '../stores.ts'
import { topicSpecs } from './events/topics.ts'
import { PRODUCTS_ALIAS } from './search/elastic.ts'
import { productsDefinition } from './search/rebuild.ts'

const ABSENT = 'nothing'

/** Makes topics and search index where they are not there yet, and sets the topics' settings. */
export async function provisionDerived({ kafka, elasticsearch }: CommerceStores): Promise<StepReport> {
  const specs = await topicSpecs()
  const before = await topicDifferences(kafka, specs)
  await kafka.ensureTopics(specs)
  const hadIndex = (await elasticsearch.aliasOf(PRODUCTS_ALIAS)) !== undefined
  if (!hadIndex) {
    const name = `${PRODUCTS_ALIAS}-a`
    // An interruption may have left it without its alias.
    await elasticsearch.deleteIndex(name)
    await elasticsearch.createIndex(name, await productsDefinition())
    await elasticsearch.putAlias(PRODUCTS_ALIAS, name)
  }
  const made = [
    ...(before.length === 0 ? [] : [`${before.length} topics made or set`]),
    ...(hadIndex ? [] : ['search index made']),
  ]
  return { changed: made.length > 0, summary: made.join(', ') || 'topics and search index were there' }
}

/** Fields by name ("brand.exact"), each with its definition apart from the fields below it. */
function fieldsOf(mapping: unknown, prefix = ''): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  const properties = (mapping as { properties?: Record<string, Record<string, unknown>> }).properties ?? {}
  for (const [name, { fields: below, ...own }] of Object.entries(properties)) {
    fields.set(`${prefix}${name}`, JSON.stringify(own, Object.keys(own).sort()))
    if (below !== undefined)
      for (const [sub, definition] of fieldsOf({ properties: below }, `${prefix}${name}.`))
        fields.set(sub, definition)
  }
  return fields
}

async function indexDifferences(elasticsearch: ElasticsearchClient): Promise<readonly SchemaDifference[]> {
  const index = await elasticsearch.aliasOf(PRODUCTS_ALIAS)
  if (index === undefined) return [{ object: `alias ${PRODUCTS_ALIAS}`, expected: 'an index', found: ABSENT }]
  const declared = fieldsOf((await productsDefinition()).mappings)
  const live = fieldsOf(await elasticsearch.mappingOf(index))
  return [...new Set([...declared.keys(), ...live.keys()])].flatMap((field) => {
    const expected = declared.get(field) ?? ABSENT
    const found = live.get(field) ?? ABSENT
    return expected === found ? [] : [{ object: `field ${field}`, expected, found }]
  })
}

/** Live topics and the live mapping against the declared ones. */
export async function derivedDifferences({
  kafka,
  elasticsearch,
}: CommerceStores): Promise<readonly SchemaDifference[]> {
  return [...(await topicDifferences(kafka, await topicSpecs())), ...(await indexDifferences(elasticsearch))]
}
