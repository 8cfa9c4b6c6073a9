import type { StoreName } from '../core/names.ts'
import type { ProviderName, StoreEndpoint, StoreFacts, Topology } from '../core/store.ts'
import type { StoreModule } from '../core/store-module.ts'
import type { Environment } from '../machine/account.ts'
import { openHome } from '../machine/home.ts'
import type { Home } from '../machine/home.ts'
import { readInstance } from './instance.ts'
import type { Instance } from './instance.ts'
import { endpointOf, isNodeAlive, isRunningNatively, nodesAt } from './nodes.ts'
import type { Node } from './nodes.ts'
import { loadStore, storeNames } from './stores.ts'
import { containerDied } from './up-docker.ts'

/** `died`: it was started, was never stopped, and its process or container is gone. `silent`: it runs and answers no client. */
export type StoreState = 'answers' | 'silent' | 'died' | 'stopped' | 'never started'

/** One of several nodes as it is now. */
export interface NodeStatus {
  readonly name: string
  readonly state: Exclude<StoreState, 'never started'>
  readonly host: string
  readonly port: number
  readonly pid?: number
  readonly problem?: string
  readonly data: string
  readonly log: string
}

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
  readonly topology?: Topology
  /** Where it has several. */
  readonly nodes?: readonly NodeStatus[]
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
  const endpoint = endpointOf(module, instance)
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

/** One node, asked by itself. */
async function nodeStatus(module: StoreModule, endpoint: StoreEndpoint, node: Node): Promise<NodeStatus> {
  const { name = '', host, known, data, log } = node
  const { port, process } = known
  const found = { name, host, port, data, log }
  if (process === undefined) return { ...found, state: 'stopped' }
  if (!(await isNodeAlive(known))) return { ...found, state: 'died' }
  try {
    await module.health({ ...endpoint, host, port, further: [] })
    return { ...found, state: 'answers', pid: process.pid }
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    return { ...found, state: 'silent', pid: process.pid, problem }
  }
}

/** What there is to say of the parts of a native instance: its only node's files and process, or each node. */
async function partsOf(
  home: Home,
  module: StoreModule,
  endpoint: StoreEndpoint,
  instance: Instance | undefined,
): Promise<Pick<StoreStatus, 'nodes' | 'data' | 'log' | 'pid'>> {
  if (instance?.provider !== 'native') return {}
  const nodes = nodesAt(home, module, instance)
  const [only] = nodes
  if (only !== undefined && nodes.length === 1) {
    const { data, log, known } = only
    return { data, log, ...((await isNodeAlive(known)) ? { pid: known.process?.pid ?? 0 } : {}) }
  }
  return { nodes: await Promise.all(nodes.map((node) => nodeStatus(module, endpoint, node))) }
}

/** One store as it is now, asked by a client operation where it runs. Changes nothing. */
export async function storeStatus(home: Home, name: StoreName, env: Environment): Promise<StoreStatus> {
  const module = await loadStore(name)
  const { endpoint, instance, state } = await locate(home, module, env)
  const named = { store: name, title: module.title }
  if (endpoint === undefined) return { ...named, state: 'never started' }
  const { provider, topology, host, port } = endpoint
  const parts = await partsOf(home, module, endpoint, instance)
  const known = { ...named, provider, topology, host, port, ...parts }
  return state === 'running' ? { ...known, ...(await ask(module, endpoint)) } : { ...known, state }
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
