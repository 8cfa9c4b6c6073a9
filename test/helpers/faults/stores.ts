// Real stores for cases of faults, in a test or a soak.
import type { StoreName } from '../../../src/core/names.ts'
import type { StoreEndpoint, Stores } from '../../../src/core/store.ts'
import { closeStores, connectStores, upStores } from '../../../src/session/up.ts'
import { absentEndpoints } from '../commerce-case.ts'
import { claimHome } from '../homes.ts'

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

/** Starts PostgreSQL, Redis and what else is named. */
export async function startFaultStores(further: readonly StoreName[]): Promise<FaultStores> {
  const { home, release } = await claimHome()
  const names: readonly StoreName[] = ['postgres', 'redis', ...further]
  let stores: Stores = {}
  const close = async (): Promise<void> => {
    await closeStores(stores)
    await release()
  }
  try {
    const running = await upStores(names, { provider: 'native', topology: 'single', home })
    const missing = ALL.filter((name) => !names.includes(name))
    const endpoints = [...running.map(({ endpoint }) => endpoint), ...absentEndpoints(missing)]
    stores = await connectStores(endpoints, { poolSize: CONNECTIONS, applicationName: 'arch test' })
    return { home, endpoints, stores, close }
  } catch (error) {
    await close()
    throw error
  }
}
