import { Connection, instancesChannel } from '@platformatic/kafka'
import type { BaseOptions } from '@platformatic/kafka'
import type { StoreEndpoint } from '../../core/store.ts'

/** A server that is silent for so long with a request waiting is taken for gone. */
const SILENCE_MS = 5_000

// A connection that is lost in the middle of its handshake tells its error twice, to the request and as itself, and its
// pool listens once: the second one would end the process. Whoever waits for the connection has been told.
instancesChannel.subscribe((made) => {
  const { instance } = made as { readonly instance: unknown }
  if (instance instanceof Connection) instance.on('error', () => undefined)
})

/** How often the driver itself tries again, and how long it waits between: its own default is three times a second apart. */
export interface DriverPatience {
  readonly retries: number
  readonly retryDelay: number
  /** A request that the server answers late on purpose, as joining a group, needs more than the default of 5 s. */
  readonly requestTimeout?: number
}

/** The driver's options for one server. */
export function driverOptions(
  endpoint: StoreEndpoint,
  applicationName: string,
  patience: DriverPatience,
): BaseOptions {
  const { host, port, further = [], user, password, tls } = endpoint
  return {
    clientId: applicationName.replaceAll(/[^\w.-]/g, '-'),
    bootstrapBrokers: [{ host, port }, ...further],
    ...(user === undefined
      ? {}
      : { sasl: { mechanism: 'PLAIN', username: user, password: password ?? '' } as const }),
    ...(tls === true ? { tls: {}, tlsServerName: true } : {}),
    connectTimeout: SILENCE_MS,
    requestTimeout: SILENCE_MS,
    autocreateTopics: false,
    ...patience,
  }
}

/** What a client or a pool of the driver tells of its connections. */
interface Told {
  readonly connection: Connection
}

/**
 * Closes a client or a pool of the driver with every connection that it made: it forgets a new connection when an older
 * one to the same broker closes late, and a connection that nobody closes keeps the process alive.
 * @param listen registers for an event of connections, `connect` or `disconnect`
 */
export function closerOf(
  listen: (event: 'connect' | 'disconnect', listener: (told: Told) => void) => unknown,
  close: () => Promise<unknown>,
): () => Promise<void> {
  const open = new Set<Connection>()
  listen('connect', ({ connection }) => open.add(connection))
  listen('disconnect', ({ connection }) => open.delete(connection))
  return async () => {
    await Promise.allSettled([close()])
    await Promise.allSettled([...open].map((connection) => connection.close()))
  }
}
