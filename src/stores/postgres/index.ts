import type { StoreModule } from '../../core/store-module.ts'
import { parseStoreUrl } from '../../machine/store-url.ts'
import { openPostgres } from './connect.ts'
import { facts, health } from './facts.ts'
import { native } from './native.ts'
import { APPLICATION_DATABASE, APPLICATION_ROLE, SUPERUSER, settle } from './roles.ts'

/** PostgreSQL 18: what has to be kept. */
export const store: StoreModule = {
  name: 'postgres',
  title: 'PostgreSQL',
  urlVariable: 'ARCH_POSTGRES_URL',
  portVariable: 'ARCH_POSTGRES_PORT',
  secretNames: [SUPERUSER, APPLICATION_ROLE],
  native,
  docker: {
    service: 'postgres',
    variables: (port, secrets) => ({
      ARCH_POSTGRES_PORT: String(port),
      ARCH_POSTGRES_PASSWORD: secrets[SUPERUSER] ?? '',
    }),
  },
  external: (url) =>
    parseStoreUrl(url, {
      store: 'postgres',
      variable: 'ARCH_POSTGRES_URL',
      protocols: ['postgres:', 'postgresql:'],
      tlsProtocols: [],
      defaultPort: 5432,
      example: 'postgres://user:password@host:5432/database',
    }),
  endpointOf: (provider, port, secrets) => ({
    store: 'postgres',
    provider,
    topology: 'single',
    host: '127.0.0.1',
    port,
    user: APPLICATION_ROLE,
    password: secrets[APPLICATION_ROLE] ?? '',
    database: APPLICATION_DATABASE,
  }),
  settle,
  health,
  facts,
  connect: async (endpoint, options) => openPostgres(endpoint, options),
}
