import { join } from 'node:path'
import { ArchError } from '../core/errors.ts'
import type { StoreName } from '../core/names.ts'
import type { StoreClient, StoreEndpoint, StoreFacts, Stores, Topology } from '../core/store.ts'
import type { ConnectOptions, Note, StoreModule } from '../core/store-module.ts'
import type { Environment } from '../machine/account.ts'
import { openHome } from '../machine/home.ts'
import type { Home } from '../machine/home.ts'
import { withLock } from '../machine/lock.ts'
import { chooseProvider } from './choose-provider.ts'
import type { ProviderChoice, ProviderWish } from './choose-provider.ts'
import { readInstance } from './instance.ts'
import type { Instance } from './instance.ts'
import { endpointOf, isRunningNatively, isWhollyAlive } from './nodes.ts'
import { loadStore } from './stores.ts'
import { wishedOf } from './topology-wish.ts'
import type { TopologyWish } from './topology-wish.ts'
import { containerDied, upDocker } from './up-docker.ts'
import { upNative } from './up-native.ts'

/** Another `arch` may be fetching an engine, or waiting for a recovery. */
const LOCK_PATIENCE_MS = 300_000

/** A store that answers. The endpoint is plain data, and holds the password: hand it on by message, never print it. */
export interface RunningStore {
  readonly endpoint: StoreEndpoint
  readonly facts: StoreFacts
  readonly startedMs: number
  readonly alreadyRunning: boolean
  /** Why this provider was chosen. */
  readonly reason: string
}

/** How to bring stores up. */
export interface UpOptions {
  readonly provider: ProviderWish
  readonly topology: TopologyWish
  /** Default `ARCH_HOME`, or `~/.arch`. */
  readonly home?: string
  /** Default the process's own. */
  readonly env?: Environment
  readonly progress?: Note
}

async function upExternal(module: StoreModule, topology: Topology, env: Environment): Promise<StoreEndpoint> {
  const endpoint = { ...module.external(env[module.urlVariable] ?? ''), topology }
  try {
    await module.health(endpoint)
  } catch (error) {
    throw new ArchError(
      `${module.title} at ${endpoint.host}:${endpoint.port} (${module.urlVariable}) does not answer: ${error instanceof Error ? error.message : String(error)}`,
      `Check that it runs, and the user, password and database in ${module.urlVariable}.`,
      3,
      error,
    )
  }
  return endpoint
}

async function bringUp(
  home: Home,
  module: StoreModule,
  choice: ProviderChoice,
  known: Instance | undefined,
  topology: Topology,
  options: UpOptions,
): Promise<StoreEndpoint> {
  const env = options.env ?? process.env
  const note = options.progress ?? ((): void => undefined)
  if (choice.provider === 'external') return upExternal(module, topology, env)
  if (choice.provider === 'docker') {
    return endpointOf(module, await upDocker(home, module, known, env, note))
  }
  return endpointOf(module, await upNative(home, module, known, topology, env, note))
}

/** Who will run a store, and what there is of it. */
interface PlannedStore {
  readonly module: StoreModule
  readonly topology: Topology
  readonly known: Instance | undefined
  readonly choice: ProviderChoice
}

async function planStore(home: Home, name: StoreName, options: UpOptions): Promise<PlannedStore> {
  const module = await loadStore(name)
  const topology = wishedOf(options.topology, name)
  const known = await readInstance(home, name)
  const isRunning = known?.container === true || (await isRunningNatively(known))
  const choice = await chooseProvider(
    options.provider,
    topology,
    module,
    home,
    isRunning ? known : undefined,
    options.env ?? process.env,
  )
  return { module, topology, known, choice }
}

async function upStore(home: Home, planned: PlannedStore, options: UpOptions): Promise<RunningStore> {
  const begun = performance.now()
  const { module, topology, known, choice } = planned
  const wasWhole =
    known?.container === true ? !(await containerDied(home, module, known)) : await isWhollyAlive(known)
  const endpoint = await bringUp(home, module, choice, known, topology, options)
  const facts = await module.facts(endpoint)
  return {
    endpoint,
    facts,
    startedMs: performance.now() - begun,
    alreadyRunning: wasWhole || choice.provider === 'external',
    reason: choice.reason,
  }
}

/**
 * Starts stores, or finds them running, and waits until each answers a client. Harmless when repeated; recovers from
 * a kill of a store or of `arch`; two at once wait for each other. None is started where one cannot be run as it is
 * asked for; else all are tried, and the first failure is thrown.
 * @throws ArchError with a remedy
 */
export async function upStores(
  names: readonly StoreName[],
  options: UpOptions,
): Promise<readonly RunningStore[]> {
  const home = await openHome(options.home, options.env ?? process.env)
  return withLock(join(home.root, 'state'), 'start stores', LOCK_PATIENCE_MS, async () => {
    const planned = await Promise.all(names.map((name) => planStore(home, name, options)))
    const results = await Promise.allSettled(planned.map((store) => upStore(home, store, options)))
    return results.map((result) => {
      if (result.status === 'rejected') throw result.reason
      return result.value
    })
  })
}

/**
 * Opens a client for each endpoint. The endpoints may come from another process.
 * @throws ArchError for a store that there is no folder for; a store that does not answer is reported by its first use
 */
export async function connectStores(
  endpoints: readonly StoreEndpoint[],
  options: ConnectOptions,
): Promise<Stores> {
  const opened = await Promise.all(
    endpoints.map(async (endpoint): Promise<readonly [StoreName, StoreClient]> => {
      const module = await loadStore(endpoint.store)
      return [endpoint.store, await module.connect(endpoint, options)]
    }),
  )
  return Object.fromEntries(opened)
}

/** Closes every client, whatever happens to the others. */
export async function closeStores(stores: Stores): Promise<void> {
  await Promise.allSettled(Object.values(stores).map((client) => client.close()))
}
