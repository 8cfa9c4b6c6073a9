import type { Pool } from 'pg'
import type { StoreEndpoint } from '../../core/store.ts'
import type { ConnectOptions } from '../../core/store-module.ts'
import type { PostgresClient, PostgresQueries } from './client.ts'
import { copyInto } from './copy.ts'
import { createDatabase, databaseExists, dropDatabase, renameDatabase } from './databases.ts'
import { openPool, poolQuery, statementTimeoutOf, withoutTimeout } from './pool.ts'
import { inTransaction } from './transaction.ts'

/** All the databases of one server that this client has been asked for, each with a pool of its own. */
interface Server {
  readonly endpoint: StoreEndpoint
  readonly options: ConnectOptions
  readonly pools: Map<string, Pool>
  readonly bulkheads: Map<string, Map<string, Pool>>
  readonly clients: Map<string, PostgresClient>
  closed: boolean
}

const DEFAULT_DATABASE = 'postgres'

function poolOf(server: Server, database: string): Pool {
  let pool = server.pools.get(database)
  if (pool === undefined) {
    pool = openPool(server.endpoint, database, server.options)
    server.pools.set(database, pool)
  }
  return pool
}

/** Our own connections leave a database before it is copied, dropped or renamed; later statements open new ones. */
async function leave(server: Server, database: string): Promise<void> {
  const pool = server.pools.get(database)
  const bulkheads = [...(server.bulkheads.get(database)?.values() ?? [])]
  server.pools.delete(database)
  server.bulkheads.delete(database)
  const pools = pool === undefined ? bulkheads : [pool, ...bulkheads]
  await Promise.all(pools.map((each) => each.end()))
}

function bulkheadOf(server: Server, database: string, name: string, connections: number): Pool {
  const pools = server.bulkheads.get(database) ?? new Map<string, Pool>()
  server.bulkheads.set(database, pools)
  let pool = pools.get(name)
  if (pool === undefined) {
    pool = openPool(server.endpoint, database, { ...server.options, poolSize: connections })
    pools.set(name, pool)
  }
  return pool
}

/** Statements over whichever pool is there when one runs. */
function queriesOver(pool: () => Pool, timeoutMs: number): PostgresQueries {
  return {
    query: (statement, values, cost) => poolQuery(pool(), statement, values, cost, timeoutMs),
    async execute(text) {
      await withoutTimeout(pool(), (connection) => connection.query(text))
    },
  }
}

/** Statements that are about databases run from another one, which nobody copies or drops. */
function administration(server: Server, subject: string): Pool {
  const own = server.endpoint.database ?? DEFAULT_DATABASE
  return poolOf(server, own === subject ? DEFAULT_DATABASE : own)
}

function clientOf(server: Server, database: string): PostgresClient {
  const known = server.clients.get(database)
  if (known !== undefined) return known
  const timeoutMs = statementTimeoutOf(server.options)
  const client: PostgresClient = {
    store: 'postgres',
    ...queriesOver(() => poolOf(server, database), timeoutMs),
    transaction: (work, begin = 'BEGIN') => inTransaction(poolOf(server, database), timeoutMs, begin, work),
    copyIn: (text, chunks) =>
      withoutTimeout(poolOf(server, database), (connection) => copyInto(connection, text, chunks)),
    withDatabase: (name) => clientOf(server, name),
    bulkhead: (name, connections) =>
      queriesOver(() => bulkheadOf(server, database, name, connections), timeoutMs),
    databaseExists: (name) => databaseExists(administration(server, name), name),
    async createDatabase(name, template) {
      if (template !== undefined) await leave(server, template)
      await createDatabase(administration(server, template ?? name), name, template)
    },
    async dropDatabase(name) {
      await leave(server, name)
      await dropDatabase(administration(server, name), name)
    },
    async renameDatabase(from, to) {
      await leave(server, from)
      await renameDatabase(administration(server, from), from, to)
    },
    async close() {
      if (server.closed) return
      server.closed = true
      const bulkheads = [...server.bulkheads.values()].flatMap((pools) => [...pools.values()])
      await Promise.all([...server.pools.values(), ...bulkheads].map((pool) => pool.end()))
    },
  }
  server.clients.set(database, client)
  return client
}

/**
 * A client of one server. Connections are made on first use; `close` of any of its clients closes them all.
 * @throws nothing here: a server that does not answer is reported by the first statement, as `unavailable`
 */
export function openPostgres(endpoint: StoreEndpoint, options: ConnectOptions): PostgresClient {
  const server: Server = {
    endpoint,
    options,
    pools: new Map(),
    bulkheads: new Map(),
    clients: new Map(),
    closed: false,
  }
  return clientOf(server, endpoint.database ?? DEFAULT_DATABASE)
}
