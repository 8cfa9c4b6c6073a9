import type { VariantName } from '../../../core/names.ts'
import type { Stores } from '../../../core/store.ts'
import type { StrategyChoice } from '../../../core/strategy.ts'
import type { Population, Progress, StepReport } from '../../../core/population.ts'
import { buildPopulation } from '../population/build.ts'
import type { SocialPopulation } from '../population.ts'
import { ensureMonths, MONTHS_AHEAD } from '../../../patterns/schema/partitions.ts'
import { socialSchema } from '../schema.ts'
import { socialStores } from '../stores.ts'
import { asWrittenPrewarm } from './prewarm-as-written.ts'
import { fixedPrewarm } from './prewarm-fixed.ts'
import { sendAll } from '../../../patterns/seed/send.ts'
import { ensureTemplate } from '../../../patterns/seed/template.ts'
import type { TemplateRows } from '../../../patterns/seed/template.ts'
import { asWrittenTables } from './as-written-tables.ts'
import { fixedTables } from './fixed-tables.ts'
import { seedSource } from './shared-tables.ts'

/** Raised whenever the same seed and size give other rows than before. */
const GENERATOR_VERSION = 1

function rowsOf(variant: VariantName, society: SocialPopulation): TemplateRows {
  const source = seedSource(society, variant === 'fixed')
  return {
    tables: variant === 'fixed' ? fixedTables(source) : asWrittenTables(source),
    moments: [new Date(society.endMs - 1), new Date(society.endMs)],
  }
}

/**
 * Gives a variant the data that every run of (seed, size) starts from: a template database, its clone as the run's own,
 * and warm feeds in Redis for the active users. Whatever an earlier run left in the variant's databases is gone.
 * @throws ArchError (exit 2) for a population that cannot be made, (exit 3) when the schema file does not run
 */
export async function seedVariant(
  variant: VariantName,
  stores: Stores,
  population: Population,
  choice: StrategyChoice,
  progress: Progress,
): Promise<StepReport> {
  const { postgres, redis } = socialStores(stores, variant)
  const schema = socialSchema(variant)
  const { database } = schema
  const template = `${database}_seed`
  let society: SocialPopulation | undefined
  const built = (): SocialPopulation => (society ??= buildPopulation(population))

  const { changed, why } = await ensureTemplate(
    postgres,
    template,
    {
      schema,
      population,
      unit: 'users',
      generator: GENERATOR_VERSION,
      rows: () => rowsOf(variant, built()),
    },
    progress,
  )
  progress('clone', 0, undefined, 'databases')
  const clone = async (): Promise<void> => {
    await postgres.dropDatabase(database)
    await postgres.createDatabase(database, template)
    // The template may be from an earlier month.
    await ensureMonths(postgres, MONTHS_AHEAD)
  }
  const prewarm = async (): Promise<number> => {
    await redis.flush()
    return sendAll(
      redis,
      variant === 'fixed' ? fixedPrewarm(built()) : asWrittenPrewarm(built(), choice),
      progress,
    )
  }
  // The one waits for the disk, the other for us.
  const [, prewarmed] = await Promise.all([clone(), prewarm()])
  return { changed, summary: `${why}; ${built().size} users cloned, ${prewarmed} keys warm` }
}
