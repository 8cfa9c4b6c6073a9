import type { Client, QueryOptions } from 'cassandra-driver'
import { setTimeout as sleep } from 'node:timers/promises'
import { ArchError, OperationFailure } from '../../core/errors.ts'
import type { CassandraClient, CassandraReplication, CassandraStatement } from './client.ts'
import { copiesIn, datacentersOf } from './datacenters.ts'
import { classify } from './failures.ts'
import { keyspaceName } from './names.ts'
import { agreesOnSchema, nearHosts } from './driver.ts'
import type { Pool } from './pool.ts'
import { statementsOf } from './script.ts'

/** A schema is written on every node before its statement is answered. */
const SCHEMA_MS = 60_000
const RIGHTS_MS = 10_000
const AGREEMENT_MS = 10_000
const POLL_MS = 100

const NAMES: CassandraStatement = {
  text: 'SELECT keyspace_name FROM system_schema.keyspaces',
  idempotent: true,
}

/** Of Cassandra itself. */
function isInternal(keyspace: string): boolean {
  return keyspace === 'system' || keyspace.startsWith('system_')
}

/** Resolves when all nodes that are up have the same schema. @throws OperationFailure `unavailable` */
async function untilAgreed(driver: Client): Promise<void> {
  const until = performance.now() + AGREEMENT_MS
  while (!(await agreesOnSchema(driver))) {
    if (performance.now() > until)
      throw new OperationFailure('unavailable', 'cassandra: the nodes do not agree on the schema')
    await sleep(POLL_MS)
  }
}

/**
 * Runs the statements of a CQL text one after the other at one node, which knows what it was told before, and resolves when
 * all nodes agree on the schema: after each of them the driver would wait half a second for that.
 * @param at the node that is asked; default one that is up
 */
export async function runScript(
  pool: Pool,
  text: string,
  at: Pick<QueryOptions, 'host'> = {},
): Promise<void> {
  try {
    const { driver } = await pool.connected()
    const [host] = at.host === undefined ? nearHosts(driver) : [at.host]
    for (const statement of statementsOf(text))
      await driver.execute(statement, [], { ...(host === undefined ? {} : { host }), readTimeout: SCHEMA_MS })
    await untilAgreed(driver)
  } catch (error) {
    throw classify(error)
  }
}

/**
 * Waits until who made a keyspace may use it. Each node remembers for 2 s who may do what, so that a keyspace which
 * was dropped and is made again belongs to nobody for a moment. Dropping a table that is not there asks for the right,
 * and does nothing.
 */
async function waitForRights(pool: Pool, keyspace: string): Promise<void> {
  const until = performance.now() + RIGHTS_MS
  for (;;) {
    try {
      for (const host of nearHosts((await pool.connected()).driver))
        await runScript(pool, `DROP TABLE IF EXISTS ${keyspaceName(keyspace)}.arch_nothing`, { host })
      return
    } catch (error) {
      if (!(error instanceof ArchError) || performance.now() > until) throw error
    }
    await sleep(POLL_MS)
  }
}

/** What makes, drops and names keyspaces, over connections to none. */
export function keyspacesOver(
  pool: () => Pool,
  query: CassandraClient['query'],
  leave: (keyspace: string) => Promise<void>,
): Pick<
  CassandraClient,
  'datacenters' | 'createKeyspace' | 'dropKeyspace' | 'keyspaceExists' | 'keyspaceNames'
> {
  async function datacenters(): Promise<Readonly<Record<string, number>>> {
    try {
      return datacentersOf((await pool().connected()).driver)
    } catch (error) {
      throw classify(error)
    }
  }

  async function names(): Promise<readonly string[]> {
    const rows = await query<{ keyspace_name: string }>(NAMES, [], { consistency: 'LOCAL_ONE' })
    return rows.map(({ keyspace_name: name }) => name)
  }

  return {
    datacenters,
    async createKeyspace(keyspace, replication?: CassandraReplication) {
      const copies = Object.entries(replication ?? copiesIn(await datacenters())).map(([name, copies]) => {
        if (!/^[\w-]+$/.test(name) || !Number.isInteger(copies) || copies < 0)
          throw new TypeError(`'${name}': ${copies} are no copies in a data centre`)
        return `, '${name}': ${copies}`
      })
      const strategy = `{'class': 'NetworkTopologyStrategy'${copies.join('')}}`
      await runScript(
        pool(),
        `CREATE KEYSPACE IF NOT EXISTS ${keyspaceName(keyspace)} WITH replication = ${strategy}`,
      )
      await waitForRights(pool(), keyspace)
    },
    async dropKeyspace(keyspace) {
      await leave(keyspace)
      // IF EXISTS asks for the right to drop it first, and nobody has one on what is not there.
      if (!(await names()).includes(keyspaceName(keyspace))) return
      await runScript(pool(), `DROP KEYSPACE IF EXISTS ${keyspaceName(keyspace)}`)
    },
    async keyspaceExists(keyspace) {
      return (await names()).includes(keyspace)
    },
    async keyspaceNames() {
      return (await names()).filter((name) => !isInternal(name)).sort()
    },
  }
}
