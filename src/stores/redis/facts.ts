import { Redis } from 'ioredis'
import type { StoreEndpoint, StoreFacts } from '../../core/store.ts'

const ANSWER_MS = 5_000

async function withConnection<Result>(
  endpoint: StoreEndpoint,
  work: (redis: Redis) => Promise<Result>,
): Promise<Result> {
  const { host, port, user, password, tls } = endpoint
  const redis = new Redis({
    host,
    port,
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password }),
    ...(tls === true ? { tls: {} } : {}),
    db: Number(endpoint.database ?? 0),
    lazyConnect: true,
    connectTimeout: ANSWER_MS,
    commandTimeout: ANSWER_MS,
    retryStrategy: () => null,
  })
  // The cause arrives here; what the waiting command is told is only that the connection closed.
  let cause: Error | undefined
  redis.on('error', (error) => {
    cause ??= error
  })
  try {
    await redis.connect()
    return await work(redis)
  } catch (error) {
    throw cause ?? error
  } finally {
    redis.disconnect()
  }
}

/** PING on a connection of its own. @throws the driver's error when it is not answered */
export async function health(endpoint: StoreEndpoint): Promise<void> {
  await withConnection(endpoint, (redis) => redis.ping())
}

/** Version, and what an acknowledged write survives by the live settings. */
export async function facts(endpoint: StoreEndpoint): Promise<StoreFacts> {
  // INFO is allowed where managed services forbid CONFIG.
  const text = await withConnection(endpoint, (redis) => redis.info())
  const info = Object.fromEntries(text.split('\r\n').map((line) => line.split(':', 2)))
  const appendOnly = info['aof_enabled'] === '1'
  const valkey: string | undefined = info['valkey_version']
  return {
    name: 'redis',
    version: valkey === undefined ? (info['redis_version'] ?? 'unknown') : `${valkey} (Valkey)`,
    provider: endpoint.provider,
    topology: endpoint.topology,
    acknowledgedSurvives: appendOnly ? 'process kill' : 'nothing',
    settings: {
      appendonly: appendOnly ? 'yes' : 'no',
      'maxmemory-policy': info['maxmemory_policy'] ?? 'unknown',
      maxmemory: info['maxmemory_human'] ?? 'unknown',
    },
  }
}
