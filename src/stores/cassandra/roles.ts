import { types } from 'cassandra-driver'
import { setTimeout as sleep } from 'node:timers/promises'
import { ArchError, OperationFailure } from '../../core/errors.ts'
import type { StoreEndpoint } from '../../core/store.ts'
import type { Secrets } from '../../core/store-module.ts'
import { datacentersOf } from './datacenters.ts'
import { isStranger } from './failures.ts'
import { withSession } from './session.ts'
import { ADMINISTRATOR, APPLICATION } from './settings.ts'

/** What Cassandra makes of itself where there is no role at all, a moment after it begins to answer. */
const DEFAULT_SUPERUSER = 'cassandra'
const PATIENCE_MS = 20_000
const POLL_MS = 100

/** Roles are made by statements that take no parameters. */
function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** Runs statements as `role`. @returns false where it is not let in */
async function runAs(
  endpoint: StoreEndpoint,
  role: string,
  password: string,
  statements: readonly string[],
): Promise<boolean> {
  try {
    await withSession({ ...endpoint, user: role, password }, async (driver) => {
      for (const statement of statements) await driver.execute(statement)
    })
    return true
  } catch (error) {
    if (isStranger(error)) return false
    throw error
  }
}

/** The role can do nothing until all of its rights are there: it is let in last. */
function applicationRole(password: string): readonly string[] {
  return [
    `CREATE ROLE IF NOT EXISTS ${APPLICATION} WITH LOGIN = false AND SUPERUSER = false`,
    // Who makes a keyspace may do everything with it, and others' stay closed.
    `GRANT CREATE ON ALL KEYSPACES TO ${APPLICATION}`,
    `GRANT SELECT ON KEYSPACE system_views TO ${APPLICATION}`,
    `ALTER ROLE ${APPLICATION} WITH PASSWORD = ${literal(password)} AND LOGIN = true`,
  ]
}

function hasOthers({ further = [] }: StoreEndpoint): boolean {
  return further.length > 0
}

/**
 * Asks each node for what all nodes have a copy of: each must be there and know of all the others.
 * @returns how many nodes there are in each data centre
 * @throws OperationFailure where a node is missing, or holds another one for dead
 */
async function requireWhole(
  endpoint: StoreEndpoint,
  secrets: Secrets,
): Promise<Readonly<Record<string, number>>> {
  const { host, port, further = [] } = endpoint
  const asked = { ...endpoint, user: ADMINISTRATOR, password: secrets[ADMINISTRATOR] ?? '', further: [] }
  const nodes = [{ host, port }, ...further]
  const found = await Promise.all(
    nodes.map((node) =>
      withSession({ ...asked, ...node }, async (driver) => {
        const consistency = types.consistencies.all
        await driver.execute(`SELECT role FROM system_auth.roles WHERE role = '${ADMINISTRATOR}'`, [], {
          consistency,
        })
        return driver.hosts.length === nodes.length ? datacentersOf(driver) : undefined
      }),
    ),
  )
  const [datacenters] = found
  if (datacenters === undefined || found.includes(undefined))
    throw new OperationFailure('unavailable', 'cassandra: not all nodes know of each other')
  return datacenters
}

/** Roles are where the data is: who is cut off from the other data centres can log in all the same. */
function rolesEverywhere(datacenters: Readonly<Record<string, number>>): string {
  const copies = Object.entries(datacenters).map(([name, nodes]) => `, '${name}': ${nodes}`)
  return `ALTER KEYSPACE system_auth WITH replication = {'class': 'NetworkTopologyStrategy'${copies.join('')}}`
}

/** A superuser with a password of our own, and then none with one that everybody knows. */
async function replaceDefaultSuperuser(endpoint: StoreEndpoint, password: string): Promise<boolean> {
  const made = await runAs(endpoint, DEFAULT_SUPERUSER, DEFAULT_SUPERUSER, [
    `CREATE ROLE IF NOT EXISTS ${ADMINISTRATOR} WITH PASSWORD = ${literal(password)} AND LOGIN = true AND SUPERUSER = true`,
  ])
  return made
}

async function asAdministrator(endpoint: StoreEndpoint, secrets: Secrets): Promise<boolean> {
  const password = secrets[ADMINISTRATOR] ?? ''
  const isKnown = await runAs(endpoint, ADMINISTRATOR, password, [])
  return (
    isKnown &&
    runAs(endpoint, ADMINISTRATOR, password, [
      ...(hasOthers(endpoint) ? [rolesEverywhere(await requireWhole(endpoint, secrets))] : []),
      `DROP ROLE IF EXISTS ${DEFAULT_SUPERUSER}`,
      ...applicationRole(secrets[APPLICATION] ?? ''),
    ])
  )
}

async function makeRoles(endpoint: StoreEndpoint, secrets: Secrets): Promise<void> {
  const until = performance.now() + PATIENCE_MS
  for (;;) {
    if (await runAs(endpoint, APPLICATION, secrets[APPLICATION] ?? '', [])) return
    if (await asAdministrator(endpoint, secrets)) return
    if (await replaceDefaultSuperuser(endpoint, secrets[ADMINISTRATOR] ?? '')) continue
    if (performance.now() > until) {
      throw new ArchError(
        'Cassandra refuses the passwords that the state directory holds: the data is from another instance',
        'Remove that data with: arch down --volumes',
      )
    }
    await sleep(POLL_MS)
  }
}

/**
 * Makes the application's role where it is missing, and takes the default superuser away; safe to repeat after an
 * interruption. Throws while the server does not answer, or not all of its nodes know of each other.
 * @throws ArchError when the data has other passwords than the state directory
 */
export async function settle(endpoint: StoreEndpoint, secrets: Secrets): Promise<void> {
  await makeRoles(endpoint, secrets)
  if (hasOthers(endpoint)) await requireWhole(endpoint, secrets)
}
