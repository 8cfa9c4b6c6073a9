import type { Population, Progress } from '../../core/population.ts'
import type { PostgresClient } from '../../stores/postgres/client.ts'
import type { DeclaredSchema } from '../schema/files.ts'
import { ensureMonthOf } from '../schema/partitions.ts'
import { runSchema } from '../schema/provision.ts'
import { closeBooks, openBooks, readBooks } from './books.ts'
import { fingerprintOf, reasonsToSeedAgain } from './fingerprint.ts'
import type { Fingerprint } from './fingerprint.ts'
import { loadTables } from './load.ts'
import type { SeedTable } from './table.ts'

/** What a template is filled with. */
export interface TemplateRows {
  readonly tables: readonly SeedTable[]
  /** Moments whose month partitions the rows need. */
  readonly moments: readonly Date[]
}

/** A template, and how its rows are made. */
export interface TemplateSource {
  readonly schema: DeclaredSchema
  readonly population: Population
  /** What the population's size counts: `users`. */
  readonly unit: string
  /** Raised whenever the same seed and size give other rows than before. */
  readonly generator: number
  /** Asked for only when rows must be made. */
  rows(): TemplateRows
}

/** What became of a template. */
export interface TemplateReport {
  readonly changed: boolean
  /** A word about why it was made, completed or reused. */
  readonly why: string
}

/**
 * Makes the template database `name`, or finds it: reused when complete and of the same fingerprint, completed when an
 * interruption left it half-filled, dropped and made again when its fingerprint differs.
 */
export async function ensureTemplate(
  postgres: PostgresClient,
  name: string,
  source: TemplateSource,
  progress: Progress,
): Promise<TemplateReport> {
  const wanted = await fingerprintOf(source.schema, source.population, source.generator)
  const template = postgres.withDatabase(name)
  const had = (await postgres.databaseExists(name)) ? await readBooks(template) : undefined
  const reasons = had === undefined ? [] : reasonsToSeedAgain(had, wanted, source.unit)
  if (had?.completed === true && reasons.length === 0) return { changed: false, why: 'template reused' }

  const isResumed = had !== undefined && reasons.length === 0
  // Before the template that is there is dropped: a population that cannot be made costs nothing.
  const rows = source.rows()
  if (!isResumed) await begin(source.schema, postgres, name, wanted)
  await fill(source.schema, template, rows, progress)
  await closeBooks(template)
  if (isResumed) return { changed: true, why: 'template completed after an interruption' }
  const why = reasons.length === 0 ? 'template made' : `template made again: ${reasons.join('; ')}`
  return { changed: true, why }
}

async function begin(
  schema: DeclaredSchema,
  postgres: PostgresClient,
  name: string,
  wanted: Fingerprint,
): Promise<void> {
  await postgres.dropDatabase(name)
  await postgres.createDatabase(name)
  const template = postgres.withDatabase(name)
  await runSchema(template, schema)
  await openBooks(template, wanted)
}

async function fill(
  schema: DeclaredSchema,
  template: PostgresClient,
  rows: TemplateRows,
  progress: Progress,
): Promise<void> {
  for (const moment of rows.moments) await ensureMonthOf(template, schema, moment)
  await loadTables(template, rows.tables, progress)
  progress('vacuum', 0, undefined, 'tables')
  // Clones then start with statistics, all-visible pages and nothing for autovacuum to do.
  await template.execute('VACUUM (FREEZE, ANALYZE)')
}
