import { ConnectionPool, Consumer } from '@platformatic/kafka'
import type { StoreEndpoint } from '../../core/store.ts'
import { closerOf, driverOptions } from './driver.ts'

/** A member that is silent for longer is taken for dead, and its partitions go to others. */
const SESSION_MS = 10_000
const HEARTBEAT_MS = 1_000
/** A server answers those who join when all members have joined, or this has passed. */
const REBALANCE_MS = 10_000

/** A consumer that has joined nothing yet, with connections for its fetches. */
export interface Reader {
  readonly consumer: Consumer
  readonly connections: ConnectionPool
  readonly close: () => Promise<void>
}

/** Makes a reader, which connects to nothing yet. Groups are joined by `consume`; a reader of whole topics joins none. */
export function newReader(endpoint: StoreEndpoint, applicationName: string, groupId: string): Reader {
  // No attempts of the driver's own: a commit that failed would join again beside the heartbeat, and each join of a
  // member makes all members join again.
  const patience = { retries: 0, retryDelay: 0, requestTimeout: REBALANCE_MS + 5_000 }
  const base = driverOptions(endpoint, applicationName, patience)
  const consumer = new Consumer({
    ...base,
    groupId,
    autocommit: false,
    sessionTimeout: SESSION_MS,
    heartbeatInterval: HEARTBEAT_MS,
    rebalanceTimeout: REBALANCE_MS,
  })
  const connections = new ConnectionPool(base.clientId, base)
  const closers = [
    closerOf(
      (event, listener) => consumer.on(`client:broker:${event}`, listener),
      () => consumer.close(true),
    ),
    closerOf(
      (event, listener) => connections.on(event, listener),
      () => connections.close(),
    ),
  ]
  return {
    consumer,
    connections,
    async close() {
      await Promise.all(closers.map((close) => close()))
    },
  }
}
