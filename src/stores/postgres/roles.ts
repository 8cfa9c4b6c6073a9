import { Client, DatabaseError } from 'pg'
import type { ClientConfig } from 'pg'
import { ArchError } from '../../core/errors.ts'
import type { StoreEndpoint } from '../../core/store.ts'
import type { Secrets } from '../../core/store-module.ts'

/** Provisions the instance, and is used for nothing else. */
export const SUPERUSER = 'postgres'
/** Owns the application's databases, and may make more of them. */
export const APPLICATION_ROLE = 'arch'
export const APPLICATION_DATABASE = 'arch'

const CONNECT_MS = 5_000
const ATTEMPT_TIMEOUT_MS = 10_000

// Utility statements take no parameters: the password reaches them through a setting of the session, quoted by format().
const MAKE_ROLE = `DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'arch') THEN
    EXECUTE format('CREATE ROLE arch LOGIN CREATEDB PASSWORD %L', current_setting('arch.password'));
    GRANT pg_monitor, pg_checkpoint TO arch;
  END IF;
END $$`

/** Connects one session, runs `work`, and closes it whatever happens. */
export async function withSession<Result>(
  config: ClientConfig,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = new Client({
    ...config,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: ATTEMPT_TIMEOUT_MS,
    application_name: 'arch',
  })
  // A connection that breaks fails the statement that waits on it.
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await work(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** The settings of a session at an endpoint. */
export function sessionConfig(endpoint: StoreEndpoint): ClientConfig {
  const { host, port, user, password, database } = endpoint
  return {
    host,
    port,
    user,
    password,
    database: database ?? 'postgres',
    ...(endpoint.tls === true ? { ssl: true } : {}),
  }
}

/**
 * Makes the application's role and its database where they are missing; safe to repeat after an interruption.
 * @throws ArchError when the data directory has other passwords than the state directory
 */
export async function settle(endpoint: StoreEndpoint, secrets: Secrets): Promise<void> {
  const superuser = {
    ...sessionConfig(endpoint),
    user: SUPERUSER,
    password: secrets[SUPERUSER],
    database: 'postgres',
  }
  try {
    await withSession(superuser, async (client) => {
      await client.query(`SELECT set_config('arch.password', $1, false)`, [secrets[APPLICATION_ROLE]])
      await client.query(MAKE_ROLE)
      const found = await client.query('SELECT FROM pg_database WHERE datname = $1', [APPLICATION_DATABASE])
      if (found.rowCount === 0) await client.query('CREATE DATABASE arch OWNER arch')
    })
  } catch (error) {
    if (error instanceof DatabaseError && error.code === '28P01') {
      throw new ArchError(
        'PostgreSQL refuses the password that the state directory holds: the data is from another instance',
        'Remove that data with: arch down --volumes',
        3,
        error,
      )
    }
    throw error
  }
}
