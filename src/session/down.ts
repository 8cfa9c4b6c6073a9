import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { StoreName } from '../core/names.ts'
import type { Topology } from '../core/store.ts'
import type { Environment } from '../machine/account.ts'
import { explained } from '../machine/files.ts'
import { openHome, stateFile } from '../machine/home.ts'
import type { Home } from '../machine/home.ts'
import { withLock } from '../machine/lock.ts'
import { endWorkersIn } from '../machine/process.ts'
import { readInstance } from './instance.ts'
import type { Instance } from './instance.ts'
import { hostsOf, isRunningNatively, nodeFiles } from './nodes.ts'
import { loadStore, storeNames } from './stores.ts'
import { downDocker, removeDockerData } from './up-docker.ts'
import { downNative } from './up-native.ts'

const LOCK_PATIENCE_MS = 60_000
/** For processes whose data is about to go. */
const END_PATIENCE_MS = 3_000

/** What `down` did to one store. */
export interface StoppedStore {
  readonly store: StoreName
  /** False when nothing of it was running. */
  readonly stopped: boolean
  readonly dataRemoved: boolean
}

/** What to take down. */
export interface DownOptions {
  readonly home?: string
  readonly env?: Environment
  /** Also removes data, state and logs. */
  readonly volumes: boolean
}

/** Of every topology, whichever ran last. */
async function removeData(home: Home, store: StoreName): Promise<void> {
  const module = await loadStore(store)
  await removeDockerData(home, module)
  const topologies: readonly Topology[] = ['single', 'cluster', 'cluster-ha', 'multi-dc']
  await explained(`remove the data of ${store}`, async () => {
    for (const topology of topologies) {
      for (const index of (hostsOf(module, topology) ?? []).keys()) {
        const { data, log } = nodeFiles(home, module, topology, index)
        await endWorkersIn(data, END_PATIENCE_MS)
        for (const path of [data, `${data}.half`, log]) await rm(path, { recursive: true, force: true })
      }
    }
    await rm(dirname(stateFile(home, store)), { recursive: true, force: true })
  })
}

/** With `volumes`, a state file that cannot be understood goes with the rest; otherwise it is an error. */
async function known(home: Home, store: StoreName, volumes: boolean): Promise<Instance | undefined> {
  try {
    return await readInstance(home, store)
  } catch (error) {
    if (volumes) return undefined
    throw error
  }
}

async function stopInstance(home: Home, instance: Instance | undefined): Promise<boolean> {
  if (instance === undefined) return false
  if (await isRunningNatively(instance)) return downNative(home, instance)
  return downDocker(home, await loadStore(instance.store), instance)
}

/**
 * Stops what `up` started in this home, and nothing else: an external store, and a process that merely has the
 * number of one of ours, are left alone. Harmless when repeated.
 */
export async function downStores(options: DownOptions): Promise<readonly StoppedStore[]> {
  const home = await openHome(options.home, options.env ?? process.env)
  return withLock(join(home.root, 'state'), 'stop stores', LOCK_PATIENCE_MS, async () => {
    const names = await storeNames()
    return Promise.all(
      names.map(async (store): Promise<StoppedStore> => {
        const instance = await known(home, store, options.volumes)
        const stopped = await stopInstance(home, instance)
        if (options.volumes) await removeData(home, store)
        return { store, stopped, dataRemoved: options.volumes && instance !== undefined }
      }),
    )
  })
}
