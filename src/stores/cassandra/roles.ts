import { setTimeout as sleep } from 'node:timers/promises'
import { ArchError } from '../../core/errors.ts'
import type { StoreEndpoint } from '../../core/store.ts'
import type { Secrets } from '../../core/store-module.ts'
import { isStranger, isUndecided } from './failures.ts'
import { withSession } from './session.ts'
import { ADMINISTRATOR, APPLICATION } from './settings.ts'
import { requireWhole } from './whole.ts'

/** What Cassandra makes of itself where there is no role at all, a moment after it begins to answer. */
const DEFAULT_SUPERUSER = 'cassandra'
const PATIENCE_MS = 20_000
const POLL_MS = 100

/** Roles are made by statements that take no parameters. */
function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** Runs statements as `role`. @returns why it is not let in, where it is not */
async function runAs(
  endpoint: StoreEndpoint,
  role: string,
  password: string,
  statements: readonly string[],
): Promise<Error | undefined> {
  try {
    await withSession({ ...endpoint, user: role, password }, async (driver) => {
      for (const statement of statements) await driver.execute(statement)
    })
    return undefined
  } catch (error) {
    if (error instanceof Error && (isStranger(error) || isUndecided(error))) return error
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

/** Roles are where the data is: who is cut off from the other data centres can log in all the same. */
async function rolesEverywhere(endpoint: StoreEndpoint): Promise<string> {
  const datacenters = await requireWhole({
    ...endpoint,
    user: DEFAULT_SUPERUSER,
    password: DEFAULT_SUPERUSER,
  })
  const copies = Object.entries(datacenters).map(([name, nodes]) => `, '${name}': ${nodes}`)
  return `ALTER KEYSPACE system_auth WITH replication = {'class': 'NetworkTopologyStrategy'${copies.join('')}}`
}

/**
 * A superuser with a password of our own, and then none with one that everybody knows. Of several nodes the roles are
 * distributed before: until then only this superuser is let in where there are several data centres.
 */
async function replaceDefaultSuperuser(
  endpoint: StoreEndpoint,
  password: string,
): Promise<Error | undefined> {
  const refused = await runAs(endpoint, DEFAULT_SUPERUSER, DEFAULT_SUPERUSER, [])
  if (refused !== undefined) return refused
  return runAs(endpoint, DEFAULT_SUPERUSER, DEFAULT_SUPERUSER, [
    ...(hasOthers(endpoint) ? [await rolesEverywhere(endpoint)] : []),
    `CREATE ROLE IF NOT EXISTS ${ADMINISTRATOR} WITH PASSWORD = ${literal(password)} AND LOGIN = true AND SUPERUSER = true`,
  ])
}

async function asAdministrator(endpoint: StoreEndpoint, secrets: Secrets): Promise<Error | undefined> {
  return runAs(endpoint, ADMINISTRATOR, secrets[ADMINISTRATOR] ?? '', [
    `DROP ROLE IF EXISTS ${DEFAULT_SUPERUSER}`,
    ...applicationRole(secrets[APPLICATION] ?? ''),
  ])
}

async function makeRoles(endpoint: StoreEndpoint, secrets: Secrets): Promise<void> {
  const until = performance.now() + PATIENCE_MS
  for (;;) {
    const application = await runAs(endpoint, APPLICATION, secrets[APPLICATION] ?? '', [])
    if (application === undefined) return
    const administrator = await asAdministrator(endpoint, secrets)
    if (administrator === undefined) return
    const superuser = await replaceDefaultSuperuser(endpoint, secrets[ADMINISTRATOR] ?? '')
    if (superuser === undefined) continue
    // While too few nodes are there, nobody is known: that says nothing of passwords.
    for (const refused of [application, administrator, superuser]) if (isUndecided(refused)) throw refused
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
  if (hasOthers(endpoint))
    await requireWhole({ ...endpoint, user: ADMINISTRATOR, password: secrets[ADMINISTRATOR] ?? '' })
}
