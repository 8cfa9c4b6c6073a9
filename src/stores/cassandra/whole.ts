import { types } from 'cassandra-driver'
import { OperationFailure } from '../../core/errors.ts'
import type { StoreEndpoint } from '../../core/store.ts'
import { datacentersOf } from './datacenters.ts'
import { withSession } from './session.ts'

/**
 * Asks each node for what all nodes have a copy of: each must be there and know of all the others.
 * @param endpoint with a role that may read roles
 * @returns how many nodes there are in each data centre
 * @throws OperationFailure where a node is missing, or holds another one for dead
 */
export async function requireWhole(endpoint: StoreEndpoint): Promise<Readonly<Record<string, number>>> {
  const { host, port, further = [] } = endpoint
  const nodes = [{ host, port }, ...further]
  const ask = { consistency: types.consistencies.all }
  const found = await Promise.all(
    nodes.map((node) =>
      withSession({ ...endpoint, ...node, further: [] }, async (driver) => {
        await driver.execute(`SELECT role FROM system_auth.roles WHERE role = 'anyone'`, [], ask)
        return driver.hosts.length === nodes.length ? datacentersOf(driver) : undefined
      }),
    ),
  )
  const [datacenters] = found
  if (datacenters === undefined || found.includes(undefined))
    throw new OperationFailure('unavailable', 'cassandra: not all nodes know of each other')
  return datacenters
}
