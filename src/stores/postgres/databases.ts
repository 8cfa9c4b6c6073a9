import { escapeIdentifier } from 'pg'
import type { Pool } from 'pg'
import { ArchError } from '../../core/errors.ts'
import { classify, sqlState } from './failures.ts'
import { withoutTimeout } from './pool.ts'

const OBJECT_IN_USE = '55006'
const ATTEMPTS = 20
const END_SESSIONS = `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
  WHERE datname = $1 AND pid <> pg_backend_pid() AND usename = current_user AND backend_type = 'client backend'`

function named(database: string): string {
  if (/^[a-z_][a-z0-9_]{0,62}$/.test(database)) return escapeIdentifier(database)
  throw new ArchError(
    `'${database}' is no name for a database`,
    'Use lower case letters, digits and _, 63 at most.',
  )
}

/** Whether a database of this name exists. */
export async function databaseExists(pool: Pool, database: string): Promise<boolean> {
  try {
    const result = await pool.query('SELECT 1 FROM pg_database WHERE datname = $1', [database])
    return result.rows.length > 0
  } catch (error) {
    throw classify(error)
  }
}

/** Ends the role's own sessions on a database: a template must have none. */
async function endSessions(pool: Pool, database: string): Promise<void> {
  try {
    await pool.query(END_SESSIONS, [database])
  } catch (error) {
    throw classify(error)
  }
}

/** A session that was just ended, or autovacuum, may still hold the database for a moment. */
async function whenFree(pool: Pool, database: string, text: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    await endSessions(pool, database)
    try {
      await withoutTimeout(pool, (client) => client.query(text))
      return
    } catch (error) {
      if (sqlState(error) !== OBJECT_IN_USE || attempt === ATTEMPTS) throw error
    }
  }
}

/** Creates a database, as a file copy of `template` where one is given. @throws DatabaseError 42P04 when it exists */
export async function createDatabase(
  pool: Pool,
  database: string,
  template: string | undefined,
): Promise<void> {
  const text = `CREATE DATABASE ${named(database)}`
  if (template === undefined) return void (await withoutTimeout(pool, (client) => client.query(text)))
  await whenFree(pool, template, `${text} TEMPLATE ${named(template)} STRATEGY file_copy`)
}

/** Drops a database with the sessions on it; nothing happens when there is none. */
export async function dropDatabase(pool: Pool, database: string): Promise<void> {
  await whenFree(pool, database, `DROP DATABASE IF EXISTS ${named(database)}`)
}

/** Renames a database, ending the sessions on it. */
export async function renameDatabase(pool: Pool, from: string, to: string): Promise<void> {
  await whenFree(pool, from, `ALTER DATABASE ${named(from)} RENAME TO ${named(to)}`)
}
