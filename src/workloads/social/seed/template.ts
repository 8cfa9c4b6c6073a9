import type { VariantName } from '../../../core/names.ts'
import type { Population, Progress } from '../../../core/workload.ts'
import type { PostgresClient } from '../../../stores/postgres/client.ts'
import type { SocialPopulation } from '../population.ts'
import { ensureMonthOf } from '../schema/partitions.ts'
import { runSchema } from '../schema/provision.ts'
import { asWrittenTables } from './as-written-tables.ts'
import { fingerprintOf, reasonsToSeedAgain } from './fingerprint.ts'
import type { Fingerprint } from './fingerprint.ts'
import { fixedTables } from './fixed-tables.ts'
import { loadTables } from './load.ts'
import { closeBooks, openBooks, readBooks } from './books.ts'
import { seedSource } from './shared-tables.ts'

/** What became of a template. */
export interface TemplateReport {
  readonly changed: boolean
  /** A word about why it was made, completed or reused. */
  readonly why: string
}

/**
 * Makes the template of a population, or finds it: reused when complete and of the same fingerprint, completed when an
 * interruption left it half-filled, dropped and made again when its fingerprint differs. `built` is asked for only when
 * rows must be made.
 */
export async function ensureTemplate(
  variant: VariantName,
  postgres: PostgresClient,
  name: string,
  population: Population,
  built: () => SocialPopulation,
  progress: Progress,
): Promise<TemplateReport> {
  const wanted = await fingerprintOf(variant, population)
  const template = postgres.withDatabase(name)
  const had = (await postgres.databaseExists(name)) ? await readBooks(template) : undefined
  const reasons = had === undefined ? [] : reasonsToSeedAgain(had, wanted)
  if (had?.completed === true && reasons.length === 0) return { changed: false, why: 'template reused' }

  const isResumed = had !== undefined && reasons.length === 0
  // Before the template that is there is dropped: a population that cannot be made costs nothing.
  const society = built()
  if (!isResumed) await begin(variant, postgres, name, wanted)
  await fill(variant, template, society, progress)
  await closeBooks(template)
  if (isResumed) return { changed: true, why: 'template completed after an interruption' }
  const why = reasons.length === 0 ? 'template made' : `template made again: ${reasons.join('; ')}`
  return { changed: true, why }
}

async function begin(
  variant: VariantName,
  postgres: PostgresClient,
  name: string,
  wanted: Fingerprint,
): Promise<void> {
  await postgres.dropDatabase(name)
  await postgres.createDatabase(name)
  const template = postgres.withDatabase(name)
  await runSchema(template, variant)
  await openBooks(template, wanted)
}

async function fill(
  variant: VariantName,
  template: PostgresClient,
  population: SocialPopulation,
  progress: Progress,
): Promise<void> {
  await ensureMonthOf(template, new Date(population.endMs - 1))
  await ensureMonthOf(template, new Date(population.endMs))
  const source = seedSource(population, variant === 'fixed')
  await loadTables(template, variant === 'fixed' ? fixedTables(source) : asWrittenTables(source), progress)
  progress('vacuum', 0, undefined, 'tables')
  // Clones then start with statistics, all-visible pages and nothing for autovacuum to do.
  await template.execute('VACUUM (FREEZE, ANALYZE)')
}
