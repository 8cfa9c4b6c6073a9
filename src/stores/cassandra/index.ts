import type { StoreModule } from '../../core/store-module.ts'
import { parseStoreUrl } from '../../machine/store-url.ts'
import { native } from './native.ts'
import { ADMINISTRATOR, APPLICATION } from './settings.ts'
import { DATACENTER } from './sites.ts'

/** Cassandra 5: rows by partition, written at any rate on any number of nodes. Its driver is loaded when it is first used. */
export const store: StoreModule = {
  name: 'cassandra',
  title: 'Cassandra',
  urlVariable: 'ARCH_CASSANDRA_URL',
  portVariable: 'ARCH_CASSANDRA_PORT',
  secretNames: [ADMINISTRATOR, APPLICATION],
  native,
  docker: {
    service: 'cassandra',
    variables: (port) => ({ ARCH_CASSANDRA_PORT: String(port) }),
  },
  external: (url) => ({
    ...parseStoreUrl(url, {
      store: 'cassandra',
      variable: 'ARCH_CASSANDRA_URL',
      protocols: ['cassandra:'],
      tlsProtocols: ['cassandras:'],
      defaultPort: 9042,
      example: 'cassandra://user:password@host:9042?datacenter=datacenter1',
    }),
    datacenter: new URL(url).searchParams.get('datacenter') ?? DATACENTER,
  }),
  endpointOf: (provider, port, secrets) => ({
    store: 'cassandra',
    provider,
    topology: 'single',
    host: '127.0.0.1',
    port,
    user: APPLICATION,
    password: secrets[APPLICATION] ?? '',
    datacenter: DATACENTER,
  }),
  settle: async (endpoint, secrets) => (await import('./roles.ts')).settle(endpoint, secrets),
  health: async (endpoint) => (await import('./facts.ts')).health(endpoint),
  facts: async (endpoint) => (await import('./facts.ts')).facts(endpoint),
  connect: async (endpoint, options) => (await import('./connect.ts')).openCassandra(endpoint, options),
}
