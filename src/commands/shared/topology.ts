import { usageError } from '../../core/errors.ts'
import type { Topology } from '../../core/store.ts'
import type { TopologyWish } from '../../session/topology-wish.ts'
import { oneOf } from './one-of.ts'

/** How a store may be laid out. */
const TOPOLOGIES: readonly Topology[] = ['single', 'cluster', 'cluster-ha', 'multi-dc']

/** For the help of commands. */
export const TOPOLOGY_HELP =
  'nodes of each store: single, cluster, cluster-ha or multi-dc; or of the stores that are named: kafka=cluster'

/**
 * Reads `--topology`: `cluster` for every store, or `kafka=cluster,cassandra=multi-dc` for those that are named and one
 * node for the others.
 * @throws ArchError (usage)
 */
export function parseTopology(text: string): TopologyWish {
  if (!text.includes('=')) return oneOf('--topology', text, TOPOLOGIES)
  const pairs = text.split(',').map((part): readonly [string, Topology] => {
    const [, store, topology] = /^([a-z][a-z0-9-]*)=(.*)$/.exec(part.trim()) ?? []
    if (store === undefined || topology === undefined)
      throw usageError(`--topology has '${part}'`, 'Write: --topology kafka=cluster')
    return [store, oneOf('--topology', topology, TOPOLOGIES)]
  })
  return Object.fromEntries(pairs)
}
