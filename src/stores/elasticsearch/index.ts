import type { StoreModule } from '../../core/store-module.ts'
import { parseStoreUrl } from '../../machine/store-url.ts'
import { openElasticsearch } from './connect.ts'
import { facts, health, settle } from './facts.ts'
import { native } from './native.ts'
import { APPLICATION_USER } from './settings.ts'

/** Elasticsearch 8.19: what can be searched, derived from what has to be kept. */
export const store: StoreModule = {
  name: 'elasticsearch',
  title: 'Elasticsearch',
  urlVariable: 'ARCH_ELASTICSEARCH_URL',
  portVariable: 'ARCH_ELASTICSEARCH_PORT',
  secretNames: [APPLICATION_USER],
  native,
  docker: {
    service: 'elasticsearch',
    variables: (port, secrets) => ({
      ARCH_ELASTICSEARCH_PORT: String(port),
      ARCH_ELASTICSEARCH_PASSWORD: secrets[APPLICATION_USER] ?? '',
    }),
  },
  external: (url) =>
    parseStoreUrl(url, {
      store: 'elasticsearch',
      variable: 'ARCH_ELASTICSEARCH_URL',
      protocols: ['http:'],
      tlsProtocols: ['https:'],
      defaultPort: 9200,
      example: 'http://user:password@host:9200',
    }),
  endpointOf: (provider, port, secrets) => ({
    store: 'elasticsearch',
    provider,
    topology: 'single',
    host: '127.0.0.1',
    port,
    user: APPLICATION_USER,
    password: secrets[APPLICATION_USER] ?? '',
  }),
  settle,
  health,
  facts,
  connect: async (endpoint, options) => openElasticsearch(endpoint, options),
}
