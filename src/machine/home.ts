import { createHash } from 'node:crypto'
import { chmod } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { StoreName } from '../core/names.ts'
import type { ServiceAccount } from '../core/store-module.ts'
import { canReach, serviceAccount } from './account.ts'
import type { Environment } from './account.ts'
import { ensureFolder } from './files.ts'

/** Where stores' files go when root's own home is closed to the account that they run as. */
const SERVED_BY_ROOT = '/var/lib/arch'

/** One instance of everything that `arch` starts: several stand side by side, one for each `ARCH_HOME`. */
export interface Home {
  readonly root: string
  /** Twelve hexadecimal digits that tell this home from others of the machine. */
  readonly id: string
  /** What the stores themselves must reach: data, logs, engines. Equals `root` unless that is closed to `account`. */
  readonly served: string
  readonly account: ServiceAccount | undefined
}

/** A folder that stores pass through, whatever root's umask is. */
async function ensureServedFolder(folder: string, account: ServiceAccount | undefined): Promise<void> {
  await ensureFolder(folder)
  if (account === undefined) return
  await chmod(folder, 0o755)
  if (folder.startsWith(SERVED_BY_ROOT))
    for (const above of [dirname(folder), SERVED_BY_ROOT]) await chmod(above, 0o755)
}

/**
 * `ARCH_HOME`, or `~/.arch`; made when missing.
 * @throws ArchError when it cannot be made or entered
 */
export async function openHome(folder: string | undefined, env: Environment): Promise<Home> {
  const chosen = folder ?? env['ARCH_HOME']
  const root = resolve(chosen === undefined || chosen === '' ? join(homedir(), '.arch') : chosen)
  const id = createHash('sha256').update(root).digest('hex').slice(0, 12)
  const account = serviceAccount(env)
  await ensureFolder(root)
  // Passwords live here: nobody else may list it, and files in it are 0600 besides.
  await ensureFolder(join(root, 'state'), 0o700)
  const served = (await canReach(root, account)) ? root : join(SERVED_BY_ROOT, id)
  for (const part of ['data', 'logs', 'cache']) await ensureServedFolder(join(served, part), account)
  return { root, id, served, account }
}

function fileName(store: StoreName, node: string | undefined): string {
  return node === undefined ? store : `${store}-${node}`
}

/** The file that says what is known of a store's instance. */
export function stateFile(home: Home, store: StoreName): string {
  return join(home.root, 'state', store, 'instance.json')
}

/** The log of a store, or of one of its nodes, e.g. `cluster-1`. */
export function logFile(home: Home, store: StoreName, node?: string): string {
  return join(home.served, 'logs', `${fileName(store, node)}.log`)
}

/** The data of a store, or of one of its nodes. */
export function dataFolder(home: Home, store: StoreName, node?: string): string {
  return join(home.served, 'data', fileName(store, node))
}

/** Engines that were fetched or copied. */
export function engineFolder(home: Home): string {
  return join(home.served, 'cache')
}
