// A store of several nodes in a home of a test file's own.
import t from 'tap'
import type { StoreName } from '../../src/core/names.ts'
import type { StoreClient, StoreEndpoint, Topology } from '../../src/core/store.ts'
import type { Home } from '../../src/machine/home.ts'
import { openHome } from '../../src/machine/home.ts'
import { nodesOf, readInstance } from '../../src/session/instance.ts'
import type { InstanceNode } from '../../src/session/instance.ts'
import { closeStores, connectStores, upStores } from '../../src/session/up.ts'
import type { RunningStore, UpOptions } from '../../src/session/up.ts'
import { removeHome, temporaryHome } from './homes.ts'

/** The nodes of a test file. */
export interface StoreCluster<Client extends StoreClient> {
  readonly home: string
  readonly place: Home
  /** How they are asked for. */
  readonly options: UpOptions
  /** Starts the nodes, or those of them that are not there. */
  readonly up: () => Promise<RunningStore>
  /** What is recorded of them. */
  readonly nodes: () => Promise<readonly InstanceNode[]>
  /** Works with a client that is closed afterwards. */
  readonly withClient: <Result>(
    endpoint: StoreEndpoint,
    work: (client: Client) => Promise<Result>,
  ) => Promise<Result>
}

/** Makes the file's home; the nodes in it end with the file. */
export async function storeCluster<Client extends StoreClient>(
  name: StoreName,
  topology: Topology,
): Promise<StoreCluster<Client>> {
  const home = await temporaryHome()
  t.teardown(() => removeHome(home))
  const place = await openHome(home, {})
  const options: UpOptions = { provider: 'native', topology, home, env: {} }
  return {
    home,
    place,
    options,
    async up() {
      const [running] = await upStores([name], options)
      if (running === undefined) throw new Error('nothing was started')
      return running
    },
    async nodes() {
      const instance = await readInstance(place, name)
      return instance === undefined ? [] : nodesOf(instance)
    },
    async withClient(endpoint, work) {
      const connecting = { poolSize: 1, applicationName: 'test', statementTimeoutMs: 60_000 }
      const stores = await connectStores([endpoint], connecting)
      try {
        return await work(stores[name] as Client)
      } finally {
        await closeStores(stores)
      }
    },
  }
}
