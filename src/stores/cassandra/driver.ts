import { createRequire } from 'node:module'
import { Client, auth, policies, tracker, types } from 'cassandra-driver'
import type { Host, QueryOptions, tracker as tracking } from 'cassandra-driver'
import type { Address, StoreEndpoint } from '../../core/store.ts'
import { DATACENTER } from './sites.ts'
import type { ColumnType } from './types.ts'

/** Requests under way at a time on one connection; one more is refused at once. */
const PIPELINED = 1_024
const CONNECT_MS = 5_000
/** How soon a node that was lost is looked for again. */
const AGAIN_MS = 250

/** What the server said of a statement when it was prepared. */
export interface PreparedMeta {
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[]
  /** Where among the parameters the partition key is; none where it is not all bound. */
  readonly partitionKeys?: readonly number[]
}

/** Bytes of a request and its answer, filled in as the driver measures them. */
export interface Measured extends QueryOptions {
  bytes: number
}

// The driver prepares on execution alone, and tells nobody the types of parameters then: numbers would be rounded to them.
const require = createRequire(import.meta.url)
const { getPrepared } = require('cassandra-driver/lib/prepare-handler') as {
  getPrepared(
    this: void,
    driver: Client,
    balancing: policies.loadBalancing.LoadBalancingPolicy,
    text: string,
    keyspace: string | undefined,
  ): Promise<{ readonly meta: PreparedMeta }>
}

/** Only what is idempotent comes here on a broken connection; what was silent too long has used up its time. */
class OtherNode extends policies.retry.RetryPolicy {
  override onRequestError(
    info: policies.retry.OperationInfo,
    consistency: types.consistencies,
    error: Error & { readonly isSocketError?: boolean },
  ): policies.retry.DecisionInfo {
    return error.isSocketError === true && info.nbRetry === 0
      ? this.retryResult(consistency, false)
      : this.rethrowResult()
  }

  override onReadTimeout(): policies.retry.DecisionInfo {
    return this.rethrowResult()
  }

  override onWriteTimeout(): policies.retry.DecisionInfo {
    return this.rethrowResult()
  }
}

/** Its type is an interface, and what the driver asks for is its class. */
function newTracker(): tracking.RequestTracker {
  const { RequestTracker } = tracker as unknown as { RequestTracker: { readonly prototype: object } }
  const told: tracking.RequestTracker = {
    onSuccess(_host, _query, _parameters, options, requestLength, responseLength) {
      const measured = options.getRawQueryOptions() as Partial<Measured> | null
      if (measured?.bytes !== undefined) measured.bytes += requestLength + responseLength
    },
    onError: () => undefined,
    shutdown: () => undefined,
  }
  return Object.assign(Object.create(RequestTracker.prototype) as object, told)
}

/** How a driver is opened. */
export interface DriverOptions {
  readonly connections: number
  readonly keyspace?: string | undefined
  readonly applicationName: string
  readonly timeoutMs: number
}

function contactPoint({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** One node is asked, however many others the driver hears of, and wherever it is. */
function only(address: string): policies.loadBalancing.LoadBalancingPolicy {
  const { AllowListPolicy, RoundRobinPolicy } = policies.loadBalancing
  return new AllowListPolicy(new RoundRobinPolicy(), [address])
}

function newDriver(endpoint: StoreEndpoint, options: DriverOptions): Client {
  const { host, port, further = [], user, password, tls } = endpoint
  const datacenter = endpoint.datacenter ?? DATACENTER
  const isAlone = endpoint.further?.length === 0
  return new Client({
    contactPoints: [{ host, port }, ...further].map(contactPoint),
    localDataCenter: datacenter,
    applicationName: options.applicationName,
    // Scripts wait for all nodes to agree on the schema at their end.
    protocolOptions: { port, maxVersion: types.protocolVersion.v4, maxSchemaAgreementWaitSeconds: 0 },
    ...(options.keyspace === undefined ? {} : { keyspace: options.keyspace }),
    ...(user === undefined ? {} : { authProvider: new auth.PlainTextAuthProvider(user, password ?? '') }),
    ...(tls === true ? { sslOptions: { servername: host } } : {}),
    pooling: {
      coreConnectionsPerHost: {
        [types.distance.local]: options.connections,
        [types.distance.remote]: 1,
      },
      maxRequestsPerConnection: PIPELINED,
    },
    socketOptions: { connectTimeout: CONNECT_MS, readTimeout: options.timeoutMs },
    policies: {
      ...(isAlone ? { loadBalancing: only(`${host}:${port}`) } : {}),
      retry: new OtherNode(),
      reconnection: new policies.reconnection.ConstantReconnectionPolicy(AGAIN_MS),
    },
    encoding: { map: Map, set: Set, useBigIntAsLong: true, useBigIntAsVarint: true, copyBuffer: true },
    requestTracker: newTracker(),
    monitorReporting: { enabled: false },
  })
}

/** Closes the connection of a driver that did not come to be connected: its own `shutdown` leaves it open. */
function abandon(driver: Client): void {
  const { controlConnection } = driver as unknown as {
    readonly controlConnection: {
      readonly connection?: { close(done: () => void): void } | null
      shutdown(): void
    }
  }
  controlConnection.shutdown()
  controlConnection.connection?.close(() => undefined)
}

/**
 * When every node was lost and one is found again, the driver makes a new entry for it, and forgets the old one with the
 * connections that it goes on to open.
 */
function endForgottenNodes(driver: Client): void {
  driver.hosts.on('remove', (host: { shutdown(waits: boolean): Promise<void> }) => {
    host.shutdown(false).catch(() => undefined)
  })
}

/**
 * A connected driver over one server and one keyspace, which in this protocol belongs to a connection.
 * @throws the driver's error, with no connection left
 */
export async function openDriver(endpoint: StoreEndpoint, options: DriverOptions): Promise<Client> {
  const driver = newDriver(endpoint, options)
  try {
    await driver.connect()
    endForgottenNodes(driver)
    return driver
  } catch (error) {
    abandon(driver)
    throw error
  }
}

function balancingOf(driver: Client): policies.loadBalancing.LoadBalancingPolicy {
  const { options } = driver as unknown as {
    readonly options: {
      readonly policies: { readonly loadBalancing: policies.loadBalancing.LoadBalancingPolicy }
    }
  }
  return options.policies.loadBalancing
}

/** The nodes that are up and that statements go to: those of the client's own data centre. */
export function nearHosts(driver: Client): readonly Host[] {
  return driver.hosts
    .values()
    .filter((host) => host.isUp() && balancingOf(driver).getDistance(host) === types.distance.local)
}

/** Whether all nodes that are up have the same schema; false where that could not be asked. The driver's types lack it. */
export function agreesOnSchema({ metadata }: Client): Promise<boolean> {
  const asked = metadata as unknown as { checkSchemaAgreement(): Promise<boolean> }
  return asked.checkSchemaAgreement()
}

/** What the server says of a statement, which is prepared where it was not. */
export async function preparedMeta(driver: Client, text: string, keyspace?: string): Promise<PreparedMeta> {
  return (await getPrepared(driver, balancingOf(driver), text, keyspace)).meta
}
