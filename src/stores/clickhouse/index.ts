import type { StoreModule } from '../../core/store-module.ts'
import { parseStoreUrl } from '../../machine/store-url.ts'
import { openClickHouse } from './connect.ts'
import { facts, health, settle } from './facts.ts'
import { native } from './native.ts'
import { APPLICATION_DATABASE, APPLICATION_USER } from './settings.ts'

/** ClickHouse 26.7: rows by the hundred million, read by the column. */
export const store: StoreModule = {
  name: 'clickhouse',
  title: 'ClickHouse',
  urlVariable: 'ARCH_CLICKHOUSE_URL',
  portVariable: 'ARCH_CLICKHOUSE_PORT',
  secretNames: [APPLICATION_USER],
  native,
  docker: {
    service: 'clickhouse',
    variables: (port, secrets) => ({
      ARCH_CLICKHOUSE_PORT: String(port),
      ARCH_CLICKHOUSE_PASSWORD: secrets[APPLICATION_USER] ?? '',
    }),
  },
  external: (url) =>
    parseStoreUrl(url, {
      store: 'clickhouse',
      variable: 'ARCH_CLICKHOUSE_URL',
      protocols: ['http:'],
      tlsProtocols: ['https:'],
      defaultPort: 8123,
      example: 'http://user:password@host:8123/database',
    }),
  endpointOf: (provider, port, secrets) => ({
    store: 'clickhouse',
    provider,
    topology: 'single',
    host: '127.0.0.1',
    port,
    user: APPLICATION_USER,
    password: secrets[APPLICATION_USER] ?? '',
    database: APPLICATION_DATABASE,
  }),
  settle,
  health,
  facts,
  connect: async (endpoint, options) => openClickHouse(endpoint, options),
}
