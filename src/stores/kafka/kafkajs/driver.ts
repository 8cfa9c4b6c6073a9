import { Kafka } from 'kafkajs'
import type { StoreEndpoint } from '../../../core/store.ts'

/** A server that is silent for so long with a request waiting is taken for gone. */
const SILENCE_MS = 5_000

/** kafkajs for one server. It logs nothing: its lines would hold what it was told of the connection. */
export function kafkajsOf(endpoint: StoreEndpoint, applicationName: string): Kafka {
  const { host, port, further = [], user, password, tls } = endpoint
  return new Kafka({
    clientId: applicationName.replaceAll(/[^\w.-]/g, '-'),
    brokers: [{ host, port }, ...further].map((broker) => `${broker.host}:${broker.port}`),
    ...(user === undefined ? {} : { sasl: { mechanism: 'plain', username: user, password: password ?? '' } }),
    ...(tls === true ? { ssl: true } : {}),
    connectionTimeout: SILENCE_MS,
    authenticationTimeout: SILENCE_MS,
    requestTimeout: SILENCE_MS,
    logCreator: () => () => undefined,
  })
}
