import type { StoreName } from '../core/names.ts'
import type { ProviderName, StoreEndpoint, StoreFacts } from '../core/store.ts'
import type { StoreModule } from '../core/store-module.ts'
import type { Environment } from '../machine/account.ts'
import { dataFolder, logFile, openHome } from '../machine/home.ts'
import type { Home } from '../machine/home.ts'
import { readInstance } from './instance.ts'
import type { Instance } from './instance.ts'
import { loadStore, storeNames } from './stores.ts'
import { containerDied } from './up-docker.ts'
import { isRunningNatively } from './up-native.ts'

/** `died`: it was started, was never stopped, and its process or container is gone. `silent`: it runs and answers no client. */
export type StoreState = 'answers' | 'silent' | 'died' | 'stopped' | 'never started'

/** One store as it is now. Holds no password. */
export interface StoreStatus {
  readonly store: StoreName
  readonly title: string
  readonly state: StoreState
  readonly provider?: ProviderName
  readonly host?: string
  readonly port?: number
  readonly pid?: number
  readonly facts?: StoreFacts
  /** Why it does not answer. */
  readonly problem?: string
  readonly data?: string
  readonly log?: string
}

/** Where a store is to be found: the endpoint, or that there is none. */
interface Located {
  readonly endpoint: StoreEndpoint | undefined
  readonly instance: Instance | undefined
  readonly state: 'running' | 'died' | 'stopped' | 'never started'
}

async function locate(home: Home, module: StoreModule, env: Environment): Promise<Located> {
  const url = env[module.urlVariable]
  if (url) return { endpoint: module.external(url), instance: undefined, state: 'running' }
  const instance = await readInstance(home, module.name)
  if (instance === undefined) return { endpoint: undefined, instance, state: 'never started' }
  const endpoint = module.endpointOf(instance.provider, instance.port, instance.secrets)
  if (instance.container === true)
    return { endpoint, instance, state: (await containerDied(home, module, instance)) ? 'died' : 'running' }
  if (await isRunningNatively(instance)) return { endpoint, instance, state: 'running' }
  return { endpoint, instance, state: instance.process === undefined ? 'stopped' : 'died' }
}

async function ask(
  module: StoreModule,
  endpoint: StoreEndpoint,
): Promise<Pick<StoreStatus, 'state' | 'facts' | 'problem'>> {
  try {
    return { state: 'answers', facts: await module.facts(endpoint) }
  } catch (error) {
    return { state: 'silent', problem: error instanceof Error ? error.message : String(error) }
  }
}

/** One store as it is now, asked by a client operation where it runs. Changes nothing. */
export async function storeStatus(home: Home, name: StoreName, env: Environment): Promise<StoreStatus> {
  const module = await loadStore(name)
  const { endpoint, instance, state } = await locate(home, module, env)
  const named = { store: name, title: module.title }
  if (endpoint === undefined) return { ...named, state: 'never started' }
  const { provider, host, port } = endpoint
  const files = provider === 'native' ? { data: dataFolder(home, name), log: logFile(home, name) } : {}
  if (state !== 'running') return { ...named, state, provider, host, port, ...files }
  const pid = instance?.process === undefined ? {} : { pid: instance.process.pid }
  return { ...named, provider, host, port, ...pid, ...files, ...(await ask(module, endpoint)) }
}

/** Every store as it is now. */
export async function storesStatus(options: {
  readonly home?: string
  readonly env: Environment
}): Promise<readonly StoreStatus[]> {
  const home = await openHome(options.home, options.env)
  return Promise.all((await storeNames()).map((name) => storeStatus(home, name, options.env)))
}

/** The endpoints of the stores among `names` that answer now; starts nothing. */
export async function liveEndpoints(
  names: readonly StoreName[],
  options: { readonly home?: string; readonly env: Environment },
): Promise<readonly StoreEndpoint[]> {
  const home = await openHome(options.home, options.env)
  const found = await Promise.all(
    names.map(async (name) => {
      const module = await loadStore(name)
      const { endpoint, state } = await locate(home, module, options.env)
      if (endpoint === undefined || state !== 'running') return undefined
      return (await ask(module, endpoint)).state === 'answers' ? endpoint : undefined
    }),
  )
  return found.filter((endpoint) => endpoint !== undefined)
}
