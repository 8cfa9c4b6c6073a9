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

/**
 * A port for an instance that is not running: the one that the user insists on, the one it had, or a free one.
 * @throws ArchError when the user's own is taken
 */
export async function choosePort(
  module: StoreModule,
  remembered: number | undefined,
  env: Environment,
  note: Note,
): Promise<number> {
  const insisted = insistedPort(module, env)
  if (insisted !== undefined) {
    if (await isPortFree(insisted)) return insisted
    throw new ArchError(
      `${module.portVariable} is ${insisted}, and something else listens on that port`,
      `End it, set ${module.portVariable} to another port, or leave it unset.`,
    )
  }
  if (remembered !== undefined && (await isPortFree(remembered))) return remembered
  const port = await findFreePort()
  if (remembered !== undefined)
    note(`port ${remembered} of ${module.title} is taken by something else: using ${port}`)
  return port
}

/**
 * Ports for all nodes of an instance that is not running: those they had, where they are free. The first node has the
 * port that the user insists on.
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
  async function choose(host: string, wished: number | undefined): Promise<number> {
    let found = wished ?? (await findFreePort(host))
    while (taken.has(`${host}:${found}`) || !(await isPortFree(found, host))) found = await findFreePort(host)
    taken.add(`${host}:${found}`)
    return found
  }
  const nodes: InstanceNode[] = []
  for (const [index, host] of hosts.entries()) {
    const known = remembered[index]
    const wished = index === 0 ? await choosePort(module, known?.port, env, note) : known?.port
    const port = await choose(host, wished)
    const furtherPorts: Record<string, number> = {}
    for (const name of module.native.furtherPorts ?? [])
      furtherPorts[name] = await choose(host, known?.furtherPorts?.[name])
    nodes.push({ port, ...(module.native.furtherPorts === undefined ? {} : { furtherPorts }) })
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
