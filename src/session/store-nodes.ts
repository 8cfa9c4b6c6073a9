import { ArchError } from '../core/errors.ts'
import type { StoreNodes } from '../core/experiment.ts'
import type { StoreName } from '../core/names.ts'
import { openHome } from '../machine/home.ts'
import { waitForEnd } from '../machine/process.ts'
import { readInstance } from './instance.ts'
import { nodesAt } from './nodes.ts'
import { loadStore } from './stores.ts'
import { upStores } from './up.ts'
import type { StoresRequest } from './with-stores.ts'

/** A killed process is gone at once, or after its last write to a slow disk. */
const GONE_MS = 30_000

/** The nodes of stores that this home runs natively. */
export function storeNodes(
  names: readonly StoreName[],
  { provider, topology, env, line }: Omit<StoresRequest, 'connections'>,
): StoreNodes {
  return {
    async kill(store, { host, port }) {
      const home = await openHome(undefined, env)
      const instance = await readInstance(home, store)
      const nodes = instance === undefined ? [] : nodesAt(home, await loadStore(store), instance)
      const running = nodes.find((node) => node.host === host && node.known.port === port)?.known.process
      if (running === undefined || env[(await loadStore(store)).urlVariable])
        throw new ArchError(
          `${store} at ${host}:${port} is not run natively by arch here, and only such a node is killed`,
          'Use --provider native.',
        )
      process.kill(running.pid, 'SIGKILL')
      await waitForEnd(running, GONE_MS)
    },
    async restore() {
      await upStores(names, { provider, topology, env, progress: line })
    },
  }
}
