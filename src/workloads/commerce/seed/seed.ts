import type { VariantName } from '../../../core/names.ts'
import type { Stores } from '../../../core/store.ts'
import type { Population, Progress, StepReport } from '../../../core/population.ts'
import { freshTopics } from '../../../patterns/topics.ts'
import { ensureMonths, MONTHS_AHEAD } from '../../../patterns/schema/partitions.ts'
import { sendAll } from '../../../patterns/seed/send.ts'
import { ensureTemplate } from '../../../patterns/seed/template.ts'
import { freshAsWrittenTopics } from '../as-written/events.ts'
import { fillIndex } from '../as-written/index-product.ts'
import { askTextWords } from '../as-written/search-products.ts'
import type { TemplateReport, TemplateSource } from '../../../patterns/seed/template.ts'
import type { KafkaClient } from '../../../stores/kafka/client.ts'
import type { PostgresClient } from '../../../stores/postgres/client.ts'
import { topicSpecs } from '../fixed/events/topics.ts'
import { rebuildIndex } from '../fixed/search/rebuild.ts'
import { buildPopulation } from '../population/build.ts'
import type { CommercePopulation } from '../population.ts'
import { commerceSchema } from '../schema.ts'
import { commerceStores } from '../stores.ts'
import { asWrittenTables } from './as-written-tables.ts'
import { fixedPrewarm } from './prewarm.ts'
import { fixedTables } from './tables.ts'
import { askWords, warmSearch } from './warm-search.ts'

/** Raised whenever the same seed and size give other rows than before. */
const GENERATOR_VERSION = 2

async function freshFixedTopics(kafka: KafkaClient): Promise<void> {
  await freshTopics(kafka, await topicSpecs())
}

/** What differs between the variants: their tables, what their caches hold, their topics and their index. */
const SEEDS = {
  fixed: {
    tables: fixedTables,
    prewarm: fixedPrewarm,
    topics: freshFixedTopics,
    index: rebuildIndex,
    ask: askWords,
  },
  'as-written': {
    tables: asWrittenTables,
    prewarm: () => [],
    topics: freshAsWrittenTopics,
    index: fillIndex,
    ask: askTextWords,
  },
} as const

function seedOf(variant: VariantName): (typeof SEEDS)[keyof typeof SEEDS] {
  return variant === 'fixed' ? SEEDS.fixed : SEEDS['as-written']
}

/**
 * The database that holds a variant's rows as every run starts from them: made, completed or found.
 * @throws ArchError (exit 2) for a population that cannot be made, (exit 3) when a schema file does not run
 */
export async function ensureSeed(
  variant: VariantName,
  postgres: PostgresClient,
  population: Population,
  catalogue: () => CommercePopulation,
  progress: Progress,
): Promise<TemplateReport & { readonly name: string }> {
  const schema = commerceSchema(variant)
  const name = `${schema.database}_seed`
  const source: TemplateSource = {
    schema,
    population,
    unit: 'products',
    generator: GENERATOR_VERSION,
    rows: () => ({ tables: seedOf(variant).tables(catalogue()), moments: [new Date(Date.UTC(2025, 0, 15))] }),
  }
  return { name, ...(await ensureTemplate(postgres, name, source, progress)) }
}

/**
 * Gives a variant the data that every run of (seed, size) starts from: a template database and its clone as the run's
 * own, the product cache of a system that has been running, empty topics and a full index.
 * @throws ArchError (exit 2) for a population that cannot be made, (exit 3) when a schema file does not run
 */
export async function seedVariant(
  variant: VariantName,
  stores: Stores,
  population: Population,
  progress: Progress,
): Promise<StepReport> {
  const { postgres, redis, elasticsearch, kafka } = commerceStores(stores, variant)
  const seed = seedOf(variant)
  const { database } = commerceSchema(variant)
  let catalogue: CommercePopulation | undefined
  const built = (): CommercePopulation => (catalogue ??= buildPopulation(population))
  const { name, changed, why } = await ensureSeed(variant, postgres, population, built, progress)
  progress('clone', 0, undefined, 'databases')
  const clone = async (): Promise<void> => {
    await postgres.dropDatabase(database)
    await postgres.createDatabase(database, name)
    // The template may be from an earlier month.
    await ensureMonths(postgres, MONTHS_AHEAD)
  }
  const prewarm = async (): Promise<number> => {
    await redis.flush()
    return sendAll(redis, seed.prewarm(built()), progress)
  }
  // The one waits for the disk, the other for us.
  const [, prewarmed] = await Promise.all([clone(), prewarm(), seed.topics(kafka)])
  const documents = await seed.index(postgres, elasticsearch, (done) =>
    progress('index', done, built().size, 'documents'),
  )
  progress('warm', 0, undefined, 'searches')
  await warmSearch((words) => seed.ask(elasticsearch, words), built(), population.seed)
  return {
    changed,
    summary: `${why}; ${built().size} products cloned, ${prewarmed} keys warm, ${documents} documents indexed`,
  }
}
