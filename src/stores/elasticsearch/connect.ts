import { z } from 'zod'
import type { StoreEndpoint } from '../../core/store.ts'
import type { ConnectOptions } from '../../core/store-module.ts'
import type { ClusterHealth, ElasticsearchClient } from './client.ts'
import { documentsOver } from './documents.ts'
import { indicesOver } from './indices.ts'
import { namesWith } from './names.ts'
import { searchesOver } from './search.ts'
import { openSender } from './send.ts'
import type { Sender } from './send.ts'

const Health = z.object({
  status: z.enum(['green', 'yellow', 'red']),
  number_of_nodes: z.number(),
  active_shards: z.number(),
  unassigned_shards: z.number(),
})

/** The state of the cluster, asked of the server itself: the reduced native one has no answer at its root. */
async function clusterHealth({ send }: Sender): Promise<ClusterHealth> {
  const { body } = await send({ method: 'GET', path: '/_cluster/health' })
  const health = Health.parse(body)
  return {
    status: health.status,
    nodes: health.number_of_nodes,
    activeShards: health.active_shards,
    unassignedShards: health.unassigned_shards,
  }
}

function clientOver(sender: Sender, prefix: string): ElasticsearchClient {
  const names = namesWith(prefix)
  return {
    store: 'elasticsearch',
    ...searchesOver(sender, names),
    ...documentsOver(sender, names),
    ...indicesOver(sender, names),
    withPrefix: (further) => clientOver(sender, `${prefix}${further}`),
    health: () => clusterHealth(sender),
    close: () => sender.close(),
  }
}

/** A client of one server, with up to `poolSize` connections that are opened as they are needed. */
export function openElasticsearch(endpoint: StoreEndpoint, options: ConnectOptions): ElasticsearchClient {
  return clientOver(openSender(endpoint, options), '')
}
