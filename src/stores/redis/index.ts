import type { StoreModule } from '../../core/store-module.ts'
import { parseStoreUrl } from '../../machine/store-url.ts'
import { openRedis } from './connect.ts'
import { facts, health } from './facts.ts'
import { PASSWORD, native } from './native.ts'

/** Redis or Valkey: what can be rebuilt. */
export const store: StoreModule = {
  name: 'redis',
  title: 'Redis',
  urlVariable: 'ARCH_REDIS_URL',
  portVariable: 'ARCH_REDIS_PORT',
  secretNames: [PASSWORD],
  native,
  docker: {
    service: 'redis',
    variables: (port, secrets) => ({
      ARCH_REDIS_PORT: String(port),
      ARCH_REDIS_PASSWORD: secrets[PASSWORD] ?? '',
    }),
  },
  external: (url) =>
    parseStoreUrl(url, {
      store: 'redis',
      variable: 'ARCH_REDIS_URL',
      protocols: ['redis:'],
      tlsProtocols: ['rediss:'],
      defaultPort: 6379,
      example: 'redis://:password@host:6379/0',
    }),
  endpointOf: (provider, port, secrets) => ({
    store: 'redis',
    provider,
    topology: 'single',
    host: '127.0.0.1',
    port,
    password: secrets[PASSWORD] ?? '',
    database: '0',
  }),
  settle: health,
  health,
  facts,
  connect: async (endpoint, options) => openRedis(endpoint, options),
}
