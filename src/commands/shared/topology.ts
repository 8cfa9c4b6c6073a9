import { usageError } from '../../core/errors.ts'
import type { StoreName } from '../../core/names.ts'
import type { Topology } from '../../core/store.ts'
import { suggestion } from '../../core/suggest.ts'
import type { Workload } from '../../core/workload.ts'
import { furtherStores } from '../../session/chosen-stores.ts'
import type { TopologyWish } from '../../session/topology-wish.ts'
import { oneOf } from './one-of.ts'

/** How a store may be laid out. */
const TOPOLOGIES: readonly Topology[] = ['single', 'cluster', 'cluster-ha', 'multi-dc']

/** For the help of commands. */
export const TOPOLOGY_HELP =
  'nodes of each store: single, cluster, cluster-ha or multi-dc; or of the stores that are named: kafka=cluster'

/** The stores that runs of these cases may have. */
export function storesOf(workloads: readonly Workload[]): readonly StoreName[] {
  return [...new Set(workloads.flatMap((workload) => [...workload.stores, ...furtherStores(workload)]))]
}

/**
 * Reads `--topology`: `cluster` for every store, or `kafka=cluster,cassandra=multi-dc` for those that are named and one
 * node for the others.
 * @param stores those that may be named: of any other the wish would come to nothing
 * @throws ArchError (usage)
 */
export function parseTopology(text: string, stores: readonly StoreName[]): TopologyWish {
  if (!text.includes('=')) return oneOf('--topology', text, TOPOLOGIES)
  const pairs = text.split(',').map((part): readonly [string, Topology] => {
    const [, store, topology] = /^([a-z][a-z0-9-]*)=(.*)$/.exec(part.trim()) ?? []
    if (store === undefined || topology === undefined)
      throw usageError(`--topology has '${part}'`, 'Write: --topology kafka=cluster')
    const named = oneOf('--topology', topology, TOPOLOGIES)
    if (!stores.includes(store))
      throw usageError(
        `--topology: store '${store}' is not used here: ${suggestion(store, stores)}`,
        'arch list shows the stores of every case',
      )
    return [store, named]
  })
  return Object.fromEntries(pairs)
}
