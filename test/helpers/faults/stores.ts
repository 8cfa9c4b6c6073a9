// Real stores for cases of faults, in a test or a soak.
import type { StoreName } from '../../../src/core/names.ts'
import type { StoreEndpoint, Stores } from '../../../src/core/store.ts'
import type { TopologyWish } from '../../../src/session/topology-wish.ts'
import { closeStores, connectStores, upStores } from '../../../src/session/up.ts'
import { absentEndpoints } from '../commerce-case.ts'
import { claimHome, ownHome } from '../homes.ts'
import type { ClaimedHome } from '../homes.ts'

/** More than calls that wait at gates at a time. */
const CONNECTIONS = 24
const ALL: readonly StoreName[] = ['postgres', 'redis', 'kafka', 'elasticsearch']

/** Stores in a home of their own. */
export interface FaultStores {
  readonly home: string
  /** Of the stores of the case; nobody answers at those that were not started. */
  readonly endpoints: readonly StoreEndpoint[]
  readonly stores: Stores
  close(): Promise<void>
}

/** Starts stores in a home, which is given back with them. */
async function start(
  names: readonly StoreName[],
  absent: readonly StoreName[],
  topology: TopologyWish,
  { home, release }: ClaimedHome,
): Promise<FaultStores> {
  let stores: Stores = {}
  const close = async (): Promise<void> => {
    await closeStores(stores)
    await release()
  }
  try {
    const running = await upStores(names, { provider: 'native', topology, home })
    const endpoints = [...running.map(({ endpoint }) => endpoint), ...absentEndpoints(absent)]
    stores = await connectStores(endpoints, { poolSize: CONNECTIONS, applicationName: 'arch test' })
    return { home, endpoints, stores, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Starts PostgreSQL, Redis and what else is named. */
export async function startFaultStores(further: readonly StoreName[]): Promise<FaultStores> {
  const names: readonly StoreName[] = ['postgres', 'redis', ...further]
  const absent = ALL.filter((name) => !names.includes(name))
  return start(names, absent, 'single', await claimHome())
}

/** Cassandra on three nodes. */
export const CLUSTER: TopologyWish = { cassandra: 'cluster' }
/** Cassandra in two data centres. */
export const DATACENTERS: TopologyWish = { cassandra: 'multi-dc' }

/** Where a soak of messages has its stores. */
export type MessagingTopology = 'single' | 'cluster' | 'multi-dc'

const WISHES: Readonly<Record<MessagingTopology, TopologyWish>> = {
  single: 'single',
  cluster: CLUSTER,
  'multi-dc': DATACENTERS,
}

/** Starts Cassandra and Redis; several nodes are in a home in which nothing has ever been. */
export async function startMessagingStores(topology: MessagingTopology): Promise<FaultStores> {
  const home = topology === 'single' ? await claimHome() : await ownHome()
  return start(['cassandra', 'redis'], [], WISHES[topology], home)
}
