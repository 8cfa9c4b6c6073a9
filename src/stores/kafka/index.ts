import type { StoreModule } from '../../core/store-module.ts'
import { parseStoreUrl } from '../../machine/store-url.ts'
import { native } from './native.ts'
import { APPLICATION, BROKER } from './settings.ts'

/**
 * Kafka: logs of events that several readers follow. Its driver is loaded when it is first used: it takes a third of a
 * second, which commands about other stores need not pay.
 */
export const store: StoreModule = {
  name: 'kafka',
  title: 'Kafka',
  urlVariable: 'ARCH_KAFKA_URL',
  portVariable: 'ARCH_KAFKA_PORT',
  secretNames: [BROKER, APPLICATION],
  native,
  docker: {
    service: 'kafka',
    variables: (port, secrets) => ({
      ARCH_KAFKA_PORT: String(port),
      ARCH_KAFKA_PASSWORD: secrets[APPLICATION] ?? '',
      ARCH_KAFKA_BROKER_PASSWORD: secrets[BROKER] ?? '',
    }),
  },
  external: (url) =>
    parseStoreUrl(url, {
      store: 'kafka',
      variable: 'ARCH_KAFKA_URL',
      protocols: ['kafka:'],
      tlsProtocols: ['kafkas:'],
      defaultPort: 9092,
      example: 'kafka://user:password@host:9092',
    }),
  endpointOf: (provider, port, secrets) => ({
    store: 'kafka',
    provider,
    topology: 'single',
    host: '127.0.0.1',
    port,
    user: APPLICATION,
    password: secrets[APPLICATION] ?? '',
  }),
  settle: async (endpoint) => (await import('./facts.ts')).settle(endpoint),
  health: async (endpoint) => (await import('./facts.ts')).health(endpoint),
  facts: async (endpoint) => (await import('./facts.ts')).facts(endpoint),
  connect: async (endpoint, options) => (await import('./connect.ts')).openKafka(endpoint, options),
}
