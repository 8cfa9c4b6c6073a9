import type { PostgresClient, PostgresQueries, Statement } from '../../stores/postgres/client.ts'
import type { Fingerprint } from './fingerprint.ts'

/** What is known of a template; in a schema that nobody's search path holds. */
const BOOKS = `CREATE SCHEMA IF NOT EXISTS seeding;
CREATE TABLE IF NOT EXISTS seeding.seed_info (
  seed double precision NOT NULL, size integer NOT NULL, schema text NOT NULL, generator integer NOT NULL,
  completed boolean NOT NULL DEFAULT false
);
CREATE TABLE IF NOT EXISTS seeding.seed_steps (table_name text PRIMARY KEY);`

const HAS_BOOKS: Statement = {
  name: 'seed_has_books',
  text: `SELECT to_regclass('seeding.seed_info') IS NOT NULL AS has_books`,
}
const READ: Statement = {
  name: 'seed_info_read',
  text: 'SELECT seed, size, schema, generator, completed FROM seeding.seed_info',
}
const BEGIN: Statement = {
  name: 'seed_info_begin',
  text: 'INSERT INTO seeding.seed_info (seed, size, schema, generator) VALUES ($1, $2, $3, $4)',
}
const COMPLETE: Statement = {
  name: 'seed_info_complete',
  text: 'UPDATE seeding.seed_info SET completed = true',
}

/** The books of a database that seeding made: a template, or its clone. */
export interface SeedInfo extends Fingerprint {
  readonly completed: boolean
}

/**
 * What a database was seeded from; undefined where seeding did not make it, or was interrupted before it opened its books.
 */
export async function readBooks(queries: PostgresQueries): Promise<SeedInfo | undefined> {
  const [found] = await queries.query<{ has_books: boolean }>(HAS_BOOKS)
  if (found?.has_books !== true) return undefined
  const [info] = await queries.query<SeedInfo>(READ)
  return info
}

/** Says what a new template will be filled from. */
export async function openBooks(template: PostgresClient, wanted: Fingerprint): Promise<void> {
  await template.execute(BOOKS)
  await template.query(BEGIN, [wanted.seed, wanted.size, wanted.schema, wanted.generator])
}

/** Says that a template is complete. */
export async function closeBooks(template: PostgresQueries): Promise<void> {
  await template.query(COMPLETE)
}
