import type { Socket } from 'node:net'
import { Pool } from 'pg'
import type { PoolClient, QueryConfig, QueryResultRow } from 'pg'
import { countRoundTrip } from '../../core/cost.ts'
import type { Cost } from '../../core/cost.ts'
import type { StoreEndpoint } from '../../core/store.ts'
import type { ConnectOptions } from '../../core/store-module.ts'
import type { SqlValue, Statement } from './client.ts'
import { breaksConnection, classify } from './failures.ts'
import { parameters, typeParsers } from './values.ts'

const DEFAULT_STATEMENT_TIMEOUT_MS = 10_000
const DEFAULT_CONNECTION_WAIT_MS = 10_000
/** How long after the server should have given up a silent connection is taken for dead. */
const SILENCE_MS = 2_000

interface TimedQuery extends QueryConfig<unknown[]> {
  readonly query_timeout: number
}

/** The statement timeout of a connection in milliseconds; 0 is none. */
export function statementTimeoutOf(options: ConnectOptions): number {
  return options.statementTimeoutMs ?? DEFAULT_STATEMENT_TIMEOUT_MS
}

/** A pool over one database; connections are made on first use and kept. */
export function openPool(endpoint: StoreEndpoint, database: string, options: ConnectOptions): Pool {
  const pool = new Pool({
    host: endpoint.host,
    port: endpoint.port,
    database,
    user: endpoint.user,
    password: endpoint.password,
    ...(endpoint.tls === true ? { ssl: true } : {}),
    max: options.poolSize,
    idleTimeoutMillis: 0,
    connectionTimeoutMillis: options.connectionWaitMs ?? DEFAULT_CONNECTION_WAIT_MS,
    application_name: options.applicationName,
    // A kept plan locks every partition at each execution, a custom one prunes before it locks; yet over 8 to 128
    // partitions planning took two to twenty times as long as the statement, locks included.
    options: `-c plan_cache_mode=${options.keepsPlans === true ? 'force_generic_plan' : 'force_custom_plan'} -c statement_timeout=${statementTimeoutOf(options)} -c TimeZone=UTC`,
    types: typeParsers,
  })
  // An idle connection that dies is replaced at its next use, which reports whatever is still wrong then.
  pool.on('error', () => undefined)
  // One that dies between two statements of a transaction fails the second one.
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

/** A connection of the pool. @throws OperationFailure `unavailable`, or `timeout` when none came free in time */
export async function acquire(pool: Pool): Promise<PoolClient> {
  try {
    return await pool.connect()
  } catch (error) {
    throw classify(error)
  }
}

function bytesOf(client: PoolClient): number {
  const socket = client.connection.stream as Socket
  return socket.bytesRead + socket.bytesWritten
}

/** One prepared statement on a connection of one's own; errors are the driver's. */
export async function runStatement<Row extends object>(
  client: PoolClient,
  statement: Statement,
  values: readonly SqlValue[] | undefined,
  cost: Cost | undefined,
  timeoutMs: number,
): Promise<Row[]> {
  const bytesBefore = cost === undefined ? 0 : bytesOf(client)
  const query: TimedQuery = {
    name: statement.name,
    text: statement.text,
    values: parameters(values),
    query_timeout: timeoutMs === 0 ? 0 : timeoutMs + SILENCE_MS,
  }
  const result = await client.query<QueryResultRow>(query)
  if (cost !== undefined) {
    countRoundTrip(cost, 'postgres', 1, result.rows.length, bytesOf(client) - bytesBefore)
  }
  return result.rows as Row[]
}

/** One prepared statement on any connection of the pool. @throws as `PostgresQueries.query` */
export async function poolQuery<Row extends object>(
  pool: Pool,
  statement: Statement,
  values: readonly SqlValue[] | undefined,
  cost: Cost | undefined,
  timeoutMs: number,
): Promise<Row[]> {
  const client = await acquire(pool)
  const since = performance.now()
  try {
    const rows = await runStatement<Row>(client, statement, values, cost, timeoutMs)
    client.release()
    return rows
  } catch (error) {
    client.release(breaksConnection(error))
    throw classify(error)
  } finally {
    if (cost !== undefined) cost.connectionMicros += (performance.now() - since) * 1_000
  }
}

/** Work without a statement timeout, on a connection of its own: provisioning, COPY, databases. */
export async function withoutTimeout<Result>(
  pool: Pool,
  work: (client: PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await acquire(pool)
  try {
    await client.query('SET statement_timeout = 0')
    const result = await work(client)
    await client.query('RESET statement_timeout')
    client.release()
    return result
  } catch (error) {
    // It may have been left inside a transaction or a COPY.
    client.release(true)
    throw classify(error)
  }
}
