import { Redis } from 'ioredis'
import { OperationFailure } from '../../core/errors.ts'
import type { StoreEndpoint } from '../../core/store.ts'
import type { ConnectOptions } from '../../core/store-module.ts'
import type { RedisClient } from './client.ts'
import { newScripts } from './scripts.ts'
import { classify, senderOver } from './send.ts'
import { sendWave } from './wave.ts'

/** A server that is silent for so long with commands waiting is taken for gone. */
const SILENCE_MS = 5_000

interface Server {
  readonly endpoint: StoreEndpoint
  readonly applicationName: string
  readonly clients: Map<number, RedisClient>
  readonly connections: Redis[]
}

function openConnection(server: Server, database: number): Redis {
  const { endpoint } = server
  const redis = new Redis({
    host: endpoint.host,
    port: endpoint.port,
    db: database,
    ...(endpoint.user === undefined ? {} : { username: endpoint.user }),
    ...(endpoint.password === undefined ? {} : { password: endpoint.password }),
    ...(endpoint.tls === true ? { tls: {} } : {}),
    connectionName: server.applicationName.replaceAll(/[^\w.:-]/g, '-'),
    disableClientInfo: true,
    lazyConnect: true,
    connectTimeout: 5_000,
    socketTimeout: SILENCE_MS,
    // Under load a lost connection fails what waits, at once: resending would hide it, and run writes twice.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // Subscriptions are made again here, which says when they stand.
    autoResubscribe: false,
    retryStrategy: (attempt) => Math.min(50 * attempt, 500),
  })
  // Every command that fails says so itself.
  redis.on('error', () => undefined)
  server.connections.push(redis)
  return redis
}

async function connected(redis: Redis): Promise<void> {
  try {
    await redis.connect()
  } catch (error) {
    throw new OperationFailure(
      'unavailable',
      `redis: ${error instanceof Error ? error.message : String(error)}`,
      error,
    )
  }
}

async function endConnection(redis: Redis): Promise<void> {
  if (redis.status === 'ready') await redis.quit().catch(() => undefined)
  redis.disconnect()
}

function clientOf(server: Server, database: number): RedisClient {
  const known = server.clients.get(database)
  if (known !== undefined) return known
  const redis = openConnection(server, database)
  const scripts = newScripts()
  const lost: (() => void)[] = []
  redis.on('close', () => {
    scripts.forget()
    for (const listener of lost) listener()
  })
  const send = senderOver(redis)
  let opening: Promise<void> | undefined
  let subscriber: Promise<Redis> | undefined
  const listeners = new Map<string, ((message: string) => void)[]>()
  const resubscribed: (() => void)[] = []

  /** Undefined once the first connection stands: the hot path awaits nothing. */
  function opened(): Promise<void> | undefined {
    if (redis.status === 'wait') {
      opening = connected(redis).finally(() => {
        opening = undefined
      })
    }
    return opening
  }

  async function resubscribe(connection: Redis): Promise<void> {
    try {
      await connection.subscribe(...listeners.keys())
    } catch {
      // It was lost again, and is made again.
      return
    }
    for (const listener of resubscribed) listener()
  }

  async function openSubscriber(): Promise<Redis> {
    const connection = openConnection(server, database)
    connection.on('message', (channel: string, message: string) => {
      for (const listener of listeners.get(channel) ?? []) listener(message)
    })
    await connected(connection)
    connection.on('ready', () => void resubscribe(connection))
    return connection
  }

  const client: RedisClient = {
    store: 'redis',
    async wave(commands, cost) {
      const first = opened()
      if (first !== undefined) await first
      return sendWave(send, scripts, commands, cost)
    },
    call: (script, keys, values) => scripts.call(script, keys, values),
    async subscribe(channel, onMessage) {
      subscriber ??= openSubscriber()
      const connection = await subscriber
      listeners.set(channel, [...(listeners.get(channel) ?? []), onMessage])
      try {
        await connection.subscribe(channel)
      } catch (error) {
        throw classify(error)
      }
    },
    onLost: (listener) => void lost.push(listener),
    onResubscribed: (listener) => void resubscribed.push(listener),
    withDatabase: (index) => clientOf(server, index),
    async flush() {
      await client.wave([['flushdb']])
    },
    async close() {
      await Promise.all(server.connections.splice(0).map(endConnection))
    },
  }
  server.clients.set(database, client)
  return client
}

/**
 * A client of one server, one connection for each logical database and one for its subscriptions, each opened on
 * first use; `close` of any of its clients closes them all.
 */
export function openRedis(endpoint: StoreEndpoint, options: ConnectOptions): RedisClient {
  const server: Server = {
    endpoint,
    applicationName: options.applicationName,
    clients: new Map(),
    connections: [],
  }
  return clientOf(server, Number(endpoint.database ?? 0))
}
