import t from 'tap'
import type { StoreName } from '../../src/core/names.ts'
import type { StoreEndpoint, Stores } from '../../src/core/store.ts'
import { closeStores, connectStores, upStores } from '../../src/session/up.ts'
import { claimHome, ownHome } from './homes.ts'
import type { ClaimedHome } from './homes.ts'

/** Real stores of one test process, in a home that nobody else uses meanwhile. */
export interface TestStores {
  readonly home: string
  readonly endpoints: readonly StoreEndpoint[]
  /** Clients with pools of 8; close none of them yourself. */
  readonly stores: Stores
  /** Closes the clients and gives the home back. Called at the end of the file in any case. */
  stop(): Promise<void>
}

async function start(names: readonly StoreName[], { home, release }: ClaimedHome): Promise<TestStores> {
  let stores: Stores = {}
  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopping ??= closeStores(stores).then(release)
    return stopping
  }
  t.teardown(stop)
  const running = await upStores(names, { provider: 'native', topology: 'single', home })
  const endpoints = running.map(({ endpoint }) => endpoint)
  stores = await connectStores(endpoints, { poolSize: 8, applicationName: 'arch test' })
  return { home, endpoints, stores, stop }
}

const started = new Map<string, Promise<TestStores>>()

/** Starts real stores, once a test process for the same names, and gives them back when its tests have ended. */
export function startTestStores(names: readonly StoreName[]): Promise<TestStores> {
  const key = [...names].sort().join(' ')
  const known = started.get(key) ?? claimHome().then((claimed) => start(names, claimed))
  started.set(key, known)
  return known
}

/** Starts real stores in which nothing has ever been, for this file alone. */
export async function startNewStores(names: readonly StoreName[]): Promise<TestStores> {
  return start(names, await ownHome())
}
