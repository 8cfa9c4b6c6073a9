import type { StoreModule } from '../../core/store-module.ts'
import { parseStoreUrl } from '../../machine/store-url.ts'
import { openPinot } from './connect.ts'
import { facts, health } from './facts.ts'
import { native } from './native.ts'
import { APPLICATION } from './settings.ts'

/** Pinot 0.11: rows of a topic that can be asked about as they come. Started where a strategy of a case asks for it. */
export const store: StoreModule = {
  name: 'pinot',
  title: 'Pinot',
  isOptional: true,
  urlVariable: 'ARCH_PINOT_URL',
  portVariable: 'ARCH_PINOT_PORT',
  secretNames: [APPLICATION],
  native,
  external: (url) =>
    parseStoreUrl(url, {
      store: 'pinot',
      variable: 'ARCH_PINOT_URL',
      protocols: ['http:'],
      tlsProtocols: ['https:'],
      defaultPort: 9000,
      example: 'http://user:password@controller:9000',
    }),
  endpointOf: (provider, port, secrets) => ({
    store: 'pinot',
    provider,
    topology: 'single',
    host: '127.0.0.1',
    port,
    user: APPLICATION,
    password: secrets[APPLICATION] ?? '',
  }),
  settle: health,
  health,
  facts,
  connect: async (endpoint, options) => openPinot(endpoint, options),
}
