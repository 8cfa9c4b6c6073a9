import type { Client } from 'cassandra-driver'
import type { CassandraReplication } from './client.ts'

/** Copies of everything in each data centre, where there are as many nodes: a quorum of them stands without one. */
const COPIES = 3

/** How many nodes there are in each data centre, those that are down included, as the node knows that the driver listens to. */
export function datacentersOf(driver: Client): Readonly<Record<string, number>> {
  const found: Record<string, number> = {}
  for (const { datacenter } of driver.hosts.values()) found[datacenter] = (found[datacenter] ?? 0) + 1
  return Object.fromEntries(Object.entries(found).sort(([one], [other]) => (one < other ? -1 : 1)))
}

/** As many copies in each data centre as its nodes can hold, three at most. */
export function copiesIn(datacenters: Readonly<Record<string, number>>): CassandraReplication {
  return Object.fromEntries(
    Object.entries(datacenters).map(([name, nodes]) => [name, Math.min(nodes, COPIES)]),
  )
}
