import type { StoreEndpoint } from '../../core/store.ts'
import type { JavaReader } from './client.ts'

/** Within the quotes of a login's options. */
function escaped(text: string): string {
  return text.replaceAll(/["\\]/g, String.raw`\$&`)
}

function loginOf({ user, password = '', tls }: StoreEndpoint): JavaReader['properties'] {
  if (user === undefined) return tls === true ? { 'security.protocol': 'SSL' } : {}
  const login = `username="${escaped(user)}" password="${escaped(password)}"`
  return {
    'security.protocol': tls === true ? 'SASL_SSL' : 'SASL_PLAINTEXT',
    'sasl.mechanism': 'PLAIN',
    'sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required ${login};`,
  }
}

/** What Kafka's own Java client is told of an endpoint. */
export function javaReaderOf(endpoint: StoreEndpoint, topic: string): JavaReader {
  const brokers = [endpoint, ...(endpoint.further ?? [])].map(({ host, port }) => `${host}:${port}`)
  return { topic, brokers: brokers.join(','), properties: loginOf(endpoint) }
}
