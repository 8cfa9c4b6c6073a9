import { ArchError } from '../core/errors.ts'
import type { Topology } from '../core/store.ts'
import type { Launch, NativePlace, NodeAddress, Note, StoreModule } from '../core/store-module.ts'
import type { Environment } from '../machine/account.ts'
import { engineFolder } from '../machine/home.ts'
import type { Home } from '../machine/home.ts'
import { endProcess } from '../machine/process.ts'
import { newSecrets, nodesOf, readInstance, topologyOf, withNode, writeInstance } from './instance.ts'
import type { Instance } from './instance.ts'
import { endpointOf, hostsOf, isNodeAlive, isRunningNatively, isWhollyAlive, nodesAt } from './nodes.ts'
import type { Node } from './nodes.ts'
import { arePortsFree, chooseNodes, waitForOldPorts } from './ports.ts'
import { endOfFile, waitUntilReady } from './ready.ts'
import type { LogPart } from './ready.ts'
import { PATIENCE_MS, clearRemains, startNode } from './start-node.ts'

const PORT_ATTEMPTS = 3

/** What an engine is told of the node that it prepares. */
function placeOf(home: Home, instance: Instance, nodes: readonly Node[], index: number): NativePlace {
  const addresses = nodes.map(({ host, known: { port, furtherPorts = {} } }): NodeAddress => ({
    host,
    port,
    furtherPorts,
  }))
  const topology = topologyOf(instance)
  return {
    engines: engineFolder(home),
    data: nodes[index]?.data ?? '',
    port: addresses[index]?.port ?? 0,
    furtherPorts: addresses[index]?.furtherPorts ?? {},
    account: home.account,
    secrets: instance.secrets,
    ...(topology === 'single' ? {} : { cluster: { topology, nodes: addresses, node: index } }),
  }
}

/** The last lines of the nodes that died, each under its name where there are several. */
async function endOfLogs(
  instance: Instance,
  nodes: readonly Node[],
  logs: readonly LogPart[],
): Promise<string> {
  const ends = await Promise.all(
    nodesOf(instance).map(async (known, index) => {
      const log = logs[index]
      if (log === undefined || (await isNodeAlive(known))) return []
      const name = nodes[index]?.name
      return [...(name === undefined ? [] : [`${name}:`]), await endOfFile(log)]
    }),
  )
  return ends.flat().join('\n')
}

/** Starts the nodes that do not run, each where it is recorded, and waits until the whole instance answers. */
async function startNodes(
  home: Home,
  module: StoreModule,
  instance: Instance,
  note: Note,
): Promise<Instance> {
  const nodes = nodesAt(home, module, instance)
  const logs: LogPart[] = nodes.map(({ log }) => ({ file: log, from: 0 }))
  const launches = new Map<number, Launch>()
  for (const [index, node] of nodes.entries()) {
    if (await isNodeAlive(node.known)) continue
    const launch = await module.native.prepare(placeOf(home, instance, nodes, index), note)
    await clearRemains(launch, module, note)
    launches.set(index, launch)
  }
  let running = instance
  for (const [index, launch] of launches) {
    const node = nodes[index]
    if (node === undefined) continue
    const { process, log } = await startNode(home, node, launch)
    logs[index] = log
    running = withNode(running, index, { ...node.known, process, stopSignal: launch.stopSignal })
    await writeInstance(home, running)
  }
  await waitUntilReady(
    module,
    endpointOf(module, running),
    running.secrets,
    () => endOfLogs(running, nodes, logs),
    () => isWhollyAlive(running),
    note,
  )
  return running
}

/** Nodes that run know where the others are: those that do not must come back there. */
async function requireOldPorts(home: Home, module: StoreModule, instance: Instance): Promise<void> {
  for (const { host, known, name } of nodesAt(home, module, instance)) {
    if (await isNodeAlive(known)) continue
    await waitForOldPorts(host, known)
    if (await arePortsFree(host, known)) continue
    throw new ArchError(
      `something else listens where ${module.title} ${name} did (port ${[known.port, ...Object.values(known.furtherPorts ?? {})].join(' or ')})`,
      'End it and try again, or give all nodes other ports: arch down; arch up.',
    )
  }
}

/** An instance that is to be started anew: its nodes where they were, as far as the ports are free. */
async function anew(
  module: StoreModule,
  known: Instance | undefined,
  topology: Topology,
  env: Environment,
  note: Note,
): Promise<Instance> {
  const hosts = hostsOf(module, topology) ?? []
  const remembered = known !== undefined && topologyOf(known) === topology ? nodesOf(known) : []
  const [first, ...further] = await chooseNodes(module, hosts, remembered, env, note)
  if (first === undefined) throw new Error(`${module.name} has no topology ${topology}`)
  return {
    format: 1,
    store: module.name,
    provider: 'native',
    ...first,
    ...(topology === 'single' ? {} : { topology, further }),
    // One set for all topologies: their data is apart, and comes back to life with the same passwords.
    secrets: known?.secrets ?? newSecrets(module),
  }
}

/**
 * Starts a native instance, or those of its nodes that do not run, or finds it running.
 * @param known of the same topology where any node of it runs
 * @throws ArchError with the end of its log when it does not start
 */
export async function upNative(
  home: Home,
  module: StoreModule,
  known: Instance | undefined,
  topology: Topology,
  env: Environment,
  note: Note,
): Promise<Instance> {
  if (known !== undefined && (await isRunningNatively(known))) {
    await requireOldPorts(home, module, known)
    return startNodes(home, module, known, note)
  }
  if (known !== undefined)
    await Promise.all(nodesAt(home, module, known).map((node) => waitForOldPorts(node.host, node.known)))
  let last = known
  for (let attempt = 1; ; attempt += 1) {
    const instance = await anew(module, last, topology, env, note)
    last = instance
    // Passwords first: a data directory without its passwords would be lost.
    await writeInstance(home, instance)
    try {
      return await startNodes(home, module, instance, note)
    } catch (error) {
      // Worth another try only when somebody took a port between the look and the start.
      const started = await readInstance(home, module.name)
      if (attempt === PORT_ATTEMPTS || (await isRunningNatively(started))) throw error
      const nodes = nodesAt(home, module, instance)
      const free = await Promise.all(nodes.map((node) => arePortsFree(node.host, node.known)))
      if (free.every(Boolean)) throw error
    }
  }
}

/** Ends a native instance in order. Answers whether there was anything to end. */
export async function downNative(home: Home, instance: Instance): Promise<boolean> {
  const nodes = nodesOf(instance)
  const ends = await Promise.all(
    nodes.map(async ({ process, stopSignal }) =>
      process === undefined ? 'gone' : endProcess(process, stopSignal ?? 'SIGTERM', PATIENCE_MS),
    ),
  )
  const stopped = nodes.reduce<Instance>(
    (left, { port, furtherPorts }, index) =>
      withNode(left, index, { port, furtherPorts, process: undefined, stopSignal: undefined }),
    instance,
  )
  await writeInstance(home, stopped)
  return ends.some((end) => end !== 'gone')
}
