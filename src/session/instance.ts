import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { ArchError } from '../core/errors.ts'
import type { StoreName } from '../core/names.ts'
import type { Topology } from '../core/store.ts'
import type { StoreModule } from '../core/store-module.ts'
import { readIfThere, writeFileAtomic } from '../machine/files.ts'
import { stateFile } from '../machine/home.ts'
import type { Home } from '../machine/home.ts'
import type { ProcessIdentity } from '../machine/process.ts'

/** What is known of one node: the whole of an instance that has no other. */
export interface InstanceNode {
  readonly port: number
  /** Of a native node that listens on more than one, by their names. */
  readonly furtherPorts?: Readonly<Record<string, number>> | undefined
  /** Of a native node that was started and not stopped; it may have died since. */
  readonly process?: ProcessIdentity | undefined
  readonly stopSignal?: 'SIGINT' | 'SIGTERM' | undefined
}

/** What is known of the instance of one store in one home; kept from its first start to `down --volumes`. */
export interface Instance extends InstanceNode {
  readonly format: 1
  readonly store: StoreName
  /** Who runs it now, or ran it last. */
  readonly provider: 'native' | 'docker'
  /** Default `single`. */
  readonly topology?: Topology | undefined
  /** The nodes beside the first one. */
  readonly further?: readonly InstanceNode[] | undefined
  readonly secrets: Record<string, string>
  /** Of a container that was started and not stopped. */
  readonly container?: true | undefined
}

const node = {
  port: z.number().int(),
  furtherPorts: z.record(z.string(), z.number().int()).optional(),
  process: z.object({ pid: z.number().int(), started: z.string() }).optional(),
  stopSignal: z.enum(['SIGINT', 'SIGTERM']).optional(),
}

const InstanceSchema: z.ZodType<Instance> = z.object({
  format: z.literal(1),
  store: z.string(),
  provider: z.enum(['native', 'docker']),
  ...node,
  topology: z.enum(['single', 'cluster', 'cluster-ha', 'multi-dc']).optional(),
  further: z.array(z.object(node)).optional(),
  secrets: z.record(z.string(), z.string()),
  container: z.literal(true).optional(),
})

/** How it was started last. */
export function topologyOf(instance: Instance): Topology {
  return instance.topology ?? 'single'
}

/** All of its nodes, in order. */
export function nodesOf(instance: Instance): readonly InstanceNode[] {
  const { port, furtherPorts, process, stopSignal, further = [] } = instance
  return [{ port, furtherPorts, process, stopSignal }, ...further]
}

/** The same instance with one node changed. */
export function withNode(instance: Instance, index: number, node: InstanceNode): Instance {
  if (index === 0) return { ...instance, ...node }
  return { ...instance, further: (instance.further ?? []).with(index - 1, node) }
}

/** Reads the state of a store's instance; undefined when there is none. @throws ArchError when it is not readable */
export async function readInstance(home: Home, store: StoreName): Promise<Instance | undefined> {
  const path = stateFile(home, store)
  const text = await readIfThere(path)
  if (text === undefined) return undefined
  try {
    return InstanceSchema.parse(JSON.parse(text))
  } catch (error) {
    throw new ArchError(
      `the state file ${path} cannot be understood`,
      `Remove it with its data: arch down --volumes`,
      3,
      error,
    )
  }
}

/** Writes the state of an instance, readable by its owner alone. */
export async function writeInstance(home: Home, instance: Instance): Promise<void> {
  await writeFileAtomic(stateFile(home, instance.store), `${JSON.stringify(instance, null, 2)}\n`, 0o600)
}

/** Passwords of 24 random bytes; URL-safe, so that no client or configuration needs to quote them. */
export function newSecrets(module: StoreModule): Record<string, string> {
  return Object.fromEntries(module.secretNames.map((name) => [name, randomBytes(24).toString('base64url')]))
}
