import type { StoreEndpoint, Topology } from '../core/store.ts'
import type { StoreModule } from '../core/store-module.ts'
import { dataFolder, logFile } from '../machine/home.ts'
import type { Home } from '../machine/home.ts'
import { isAlive } from '../machine/process.ts'
import { nodesOf, topologyOf } from './instance.ts'
import type { Instance, InstanceNode } from './instance.ts'

/** One node of an instance, and where its things are. */
export interface Node {
  /** E.g. `cluster-1`; undefined where it is the only one. */
  readonly name: string | undefined
  readonly host: string
  readonly known: InstanceNode
  readonly data: string
  readonly log: string
}

const LOOPBACK: readonly string[] = ['127.0.0.1']

/** The addresses of the nodes that a store has natively in a topology; undefined where it has no such topology. */
export function hostsOf(module: StoreModule, topology: Topology): readonly string[] | undefined {
  return topology === 'single' ? LOOPBACK : module.native.topologies?.[topology]
}

/** Where the things of one node are, whether or not it was ever started. */
export function nodeFiles(
  home: Home,
  module: StoreModule,
  topology: Topology,
  index: number,
): Pick<Node, 'name' | 'data' | 'log'> {
  const name = topology === 'single' ? undefined : `${topology}-${index + 1}`
  return { name, data: dataFolder(home, module.name, name), log: logFile(home, module.name, name) }
}

/** The nodes of an instance, in order. */
export function nodesAt(home: Home, module: StoreModule, instance: Instance): readonly Node[] {
  const topology = topologyOf(instance)
  const hosts = hostsOf(module, topology) ?? LOOPBACK
  return nodesOf(instance).map((known, index) => ({
    ...nodeFiles(home, module, topology, index),
    host: hosts[index] ?? hosts[0] ?? '127.0.0.1',
    known,
  }))
}

/** The application's way into an instance, by any of its nodes. */
export function endpointOf(module: StoreModule, instance: Instance): StoreEndpoint {
  const endpoint = module.endpointOf(instance.provider, instance.port, instance.secrets)
  const topology = topologyOf(instance)
  if (topology === 'single') return endpoint
  const hosts = hostsOf(module, topology) ?? LOOPBACK
  const further = (instance.further ?? []).map(({ port }, index) => ({
    host: hosts[index + 1] ?? endpoint.host,
    port,
  }))
  return { ...endpoint, topology, host: hosts[0] ?? endpoint.host, further }
}

/** Whether the recorded process of a node still lives. */
export async function isNodeAlive({ process }: InstanceNode): Promise<boolean> {
  return process !== undefined && isAlive(process)
}

async function livingOf(instance: Instance | undefined): Promise<readonly boolean[]> {
  return instance === undefined ? [false] : Promise.all(nodesOf(instance).map(isNodeAlive))
}

/** Whether the recorded process of any node still lives. */
export async function isRunningNatively(instance: Instance | undefined): Promise<boolean> {
  return (await livingOf(instance)).includes(true)
}

/** Whether those of all nodes do. */
export async function isWhollyAlive(instance: Instance | undefined): Promise<boolean> {
  return !(await livingOf(instance)).includes(false)
}
