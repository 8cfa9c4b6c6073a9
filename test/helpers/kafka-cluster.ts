// Kafka as three brokers in a home of a test file's own.
import t from 'tap'
import type { Home } from '../../src/machine/home.ts'
import { openHome } from '../../src/machine/home.ts'
import { nodesOf, readInstance } from '../../src/session/instance.ts'
import type { InstanceNode } from '../../src/session/instance.ts'
import { closeStores, connectStores, upStores } from '../../src/session/up.ts'
import type { RunningStore, UpOptions } from '../../src/session/up.ts'
import type { KafkaClient } from '../../src/stores/kafka/client.ts'
import { removeHome, temporaryHome } from './homes.ts'

/** The file's home; the brokers in it end with the file. */
export const home: string = await temporaryHome()
t.teardown(() => removeHome(home))
export const place: Home = await openHome(home, {})

/** How the file's stores are asked for. */
export const cluster: UpOptions = { provider: 'native', topology: 'cluster', home, env: {} }

/** Starts the brokers, or those of them that are not there. */
export async function up(): Promise<RunningStore> {
  const [kafka] = await upStores(['kafka'], cluster)
  if (kafka === undefined) throw new Error('nothing was started')
  return kafka
}

/** What is recorded of the brokers. */
export async function nodes(): Promise<readonly InstanceNode[]> {
  const instance = await readInstance(place, 'kafka')
  return instance === undefined ? [] : nodesOf(instance)
}

/** Works with a client that is closed afterwards. */
export async function withClient<Result>(
  { endpoint }: RunningStore,
  work: (client: KafkaClient) => Promise<Result>,
): Promise<Result> {
  const options = { poolSize: 1, applicationName: 'test', statementTimeoutMs: 60_000 }
  const stores = await connectStores([endpoint], options)
  try {
    return await work(stores['kafka'] as KafkaClient)
  } finally {
    await closeStores(stores)
  }
}
