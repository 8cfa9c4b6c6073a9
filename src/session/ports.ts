import { setTimeout as sleep } from 'node:timers/promises'
import { ArchError, usageError } from '../core/errors.ts'
import type { Note, StoreModule } from '../core/store-module.ts'
import type { Environment } from '../machine/account.ts'
import { findFreePort, isPortFree } from '../machine/port.ts'
import type { InstanceNode } from './instance.ts'

/** A killed process is gone before the last of its threads is, and its ports with it. */
const LEAVING_MS = 2_000
const POLL_MS = 20

/** The port that the user insists on, or undefined. @throws ArchError (usage) when it is none */
export function insistedPort(module: StoreModule, env: Environment): number | undefined {
  const text = env[module.portVariable]
  if (text === undefined || text === '') return undefined
  const port = Number(text)
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port
  throw usageError(
    `${module.portVariable} is '${text}'`,
    `Set it to a port from 1 to 65535, or leave it unset.`,
  )
}

const LOOPBACK: readonly string[] = ['127.0.0.1']

async function isFreeAt(hosts: readonly string[], port: number): Promise<boolean> {
  return (await Promise.all(hosts.map((host) => isPortFree(port, host)))).every(Boolean)
}

/**
 * A port for an instance that is not running: the one that the user insists on, the one it had, or a free one.
 * @param hosts the addresses at which it is to be free
 * @throws ArchError when the user's own is taken
 */
export async function choosePort(
  module: StoreModule,
  remembered: number | undefined,
  env: Environment,
  note: Note,
  hosts: readonly string[] = LOOPBACK,
): Promise<number> {
  const insisted = insistedPort(module, env)
  if (insisted !== undefined) {
    if (await isFreeAt(hosts, insisted)) return insisted
    throw new ArchError(
      `${module.portVariable} is ${insisted}, and something else listens on that port`,
      `End it, set ${module.portVariable} to another port, or leave it unset.`,
    )
  }
  if (remembered !== undefined && (await isFreeAt(hosts, remembered))) return remembered
  let port = await findFreePort(hosts[0])
  while (!(await isFreeAt(hosts, port))) port = await findFreePort(hosts[0])
  if (remembered !== undefined)
    note(`port ${remembered} of ${module.title} is taken by something else: using ${port}`)
  return port
}

/**
 * Ports for all nodes of an instance that is not running: those they had, where they are free. The first node has the
 * port that the user insists on, and where all nodes have the same ports, all of them have it.
 * @param hosts the address of each node
 */
export async function chooseNodes(
  module: StoreModule,
  hosts: readonly string[],
  remembered: readonly InstanceNode[],
  env: Environment,
  note: Note,
): Promise<readonly InstanceNode[]> {
  const taken = new Set<string>()
  async function choose(at: readonly string[], wished: number | undefined): Promise<number> {
    let found = wished ?? (await findFreePort(at[0]))
    while (at.some((host) => taken.has(`${host}:${found}`)) || !(await isFreeAt(at, found)))
      found = await findFreePort(at[0])
    for (const host of at) taken.add(`${host}:${found}`)
    return found
  }
  const groups = module.native.samePorts === true ? [hosts] : hosts.map((host) => [host])
  const nodes: InstanceNode[] = []
  for (const [index, group] of groups.entries()) {
    const known = remembered[index]
    const wished = index === 0 ? await choosePort(module, known?.port, env, note, group) : known?.port
    const port = await choose(group, wished)
    const furtherPorts: Record<string, number> = {}
    for (const name of module.native.furtherPorts ?? [])
      furtherPorts[name] = await choose(group, known?.furtherPorts?.[name])
    const node = { port, ...(module.native.furtherPorts === undefined ? {} : { furtherPorts }) }
    nodes.push(...group.map(() => node))
  }
  return nodes
}

/** Whether all ports of a node that does not run are free, as they were when they were chosen. */
export async function arePortsFree(host: string, node: InstanceNode): Promise<boolean> {
  const ports = [node.port, ...Object.values(node.furtherPorts ?? {})]
  return (await Promise.all(ports.map((port) => isPortFree(port, host)))).every(Boolean)
}

/** Waits a moment for the ports of a node that was killed: its clients look for it where it was. */
export async function waitForOldPorts(host: string, node: InstanceNode): Promise<void> {
  if (node.process === undefined) return
  const until = performance.now() + LEAVING_MS
  while (!(await arePortsFree(host, node)) && performance.now() < until) await sleep(POLL_MS)
}
