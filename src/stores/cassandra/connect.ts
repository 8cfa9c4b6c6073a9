import { OperationFailure } from '../../core/errors.ts'
import type { StoreEndpoint } from '../../core/store.ts'
import type { ConnectOptions } from '../../core/store-module.ts'
import type { CassandraClient } from './client.ts'
import { describe } from './describe.ts'
import { openDriver } from './driver.ts'
import { keyspaceName } from './names.ts'
import { keyspacesOver, runScript } from './provisioning.ts'
import { newPool } from './pool.ts'
import type { Pool } from './pool.ts'
import { queriesOver } from './queries.ts'
import { writeAll } from './write-all.ts'

const DEFAULT_BOUND_MS = 10_000
/** The pool of no keyspace: names of keyspaces, the schema, provisioning. */
const NONE = ''

/** All the keyspaces of one server that this client has been asked for, each with connections of its own. */
interface Server {
  readonly endpoint: StoreEndpoint
  readonly options: ConnectOptions
  readonly pools: Map<string, Pool>
  readonly clients: Map<string, CassandraClient>
  /** Of a statement; 0 for none. */
  readonly timeoutMs: number
  closed: boolean
}

function poolOf(server: Server, keyspace: string): Pool {
  if (server.closed) throw new OperationFailure('unavailable', 'cassandra: the client is closed')
  let pool = server.pools.get(keyspace)
  if (pool === undefined) {
    const { poolSize, applicationName } = server.options
    const name = keyspace === NONE ? undefined : keyspace
    const connections = keyspace === NONE ? 1 : poolSize
    const options = { connections, keyspace: name, applicationName, timeoutMs: server.timeoutMs }
    pool = newPool(() => openDriver(server.endpoint, options), name)
    server.pools.set(keyspace, pool)
  }
  return pool
}

/** Our own connections leave a keyspace before it is dropped; later statements open new ones. */
async function leave(server: Server, keyspace: string): Promise<void> {
  const pool = server.pools.get(keyspace)
  server.pools.delete(keyspace)
  await pool?.close()
}

function clientOf(server: Server, keyspace: string): CassandraClient {
  const known = server.clients.get(keyspace)
  if (known !== undefined) return known
  const { timeoutMs } = server
  const queries = queriesOver(() => ({ pool: poolOf(server, keyspace), timeoutMs }))
  const { query: queryNone } = queriesOver(() => ({ pool: poolOf(server, NONE), timeoutMs }))
  const client: CassandraClient = {
    store: 'cassandra',
    ...queries,
    ...keyspacesOver(
      () => poolOf(server, NONE),
      queryNone,
      (name) => leave(server, name),
    ),
    withKeyspace: (name) => clientOf(server, keyspaceName(name)),
    writeAll: (statement, rows, ask = {}) => writeAll(queries.query, statement, rows, ask),
    async execute(text) {
      await runScript(poolOf(server, keyspace), text)
    },
    describe: () => describe(queryNone, keyspace),
    async close() {
      if (server.closed) return
      server.closed = true
      await Promise.all([...server.pools.values()].map((pool) => pool.close()))
    },
  }
  server.clients.set(keyspace, client)
  return client
}

/**
 * A client of one server. Connections are made on first use; `close` of any of its clients closes them all.
 * @throws nothing here: a server that does not answer is reported by the first statement, as `unavailable`
 */
export function openCassandra(endpoint: StoreEndpoint, options: ConnectOptions): CassandraClient {
  const { statementTimeoutMs: timeoutMs = DEFAULT_BOUND_MS } = options
  const server: Server = { endpoint, options, pools: new Map(), clients: new Map(), timeoutMs, closed: false }
  return clientOf(server, endpoint.database ?? NONE)
}
