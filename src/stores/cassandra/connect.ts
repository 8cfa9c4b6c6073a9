import type { StoreEndpoint } from '../../core/store.ts'
import type { ConnectOptions } from '../../core/store-module.ts'
import type { StoreClient } from '../../core/store.ts'
import { newDriver } from './driver.ts'

/** A client of one server. */
export function openCassandra(endpoint: StoreEndpoint, options: ConnectOptions): StoreClient {
  const driver = newDriver(endpoint, {
    connections: 1,
    applicationName: options.applicationName,
    timeoutMs: 5000,
  })
  return { store: 'cassandra', close: () => driver.shutdown() }
}
