import type { Secrets } from '../../core/store-module.ts'

/** The broker's own role: it speaks to itself by it, and nothing else uses it. */
export const BROKER = 'broker'
/** The application's role. */
export const APPLICATION = 'arch'

/** Listeners by name; the broker's protocol for each is SASL over a loopback connection. */
const CLIENTS = 'CLIENTS'
const CONTROLLER = 'CONTROLLER'

/**
 * What is the same natively and in docker-compose.yml. One broker, so every internal topic has one copy; no flush for
 * each message, as Kafka is run: an acknowledged write survives the broker's death, not a power loss (law 6).
 */
export const SETTINGS: Readonly<Record<string, string>> = {
  'process.roles': 'broker,controller',
  'node.id': '1',
  'controller.listener.names': CONTROLLER,
  'sasl.enabled.mechanisms': 'PLAIN',
  'sasl.mechanism.inter.broker.protocol': 'PLAIN',
  'sasl.mechanism.controller.protocol': 'PLAIN',
  // A misspelt topic is an error, not a topic.
  'auto.create.topics.enable': 'false',
  'num.partitions': '4',
  'default.replication.factor': '1',
  'min.insync.replicas': '1',
  'offsets.topic.replication.factor': '1',
  'offsets.topic.num.partitions': '4',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'transaction.state.log.num.partitions': '4',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'share.coordinator.state.topic.num.partitions': '2',
  // A killed broker that starts again is let in when its former self has been silent for so long; default 9 s.
  'broker.heartbeat.interval.ms': '500',
  'broker.session.timeout.ms': '3000',
  // A group of one that starts is not made to wait for others.
  'group.initial.rebalance.delay.ms': '0',
  'num.network.threads': '2',
  'num.io.threads': '4',
  'log.cleaner.dedupe.buffer.size': '16777216',
}

/** What the broker's own login and the users that a listener lets in look like in its configuration. */
function login(secrets: Secrets, users: readonly string[]): string {
  const known = users.map((user) => `user_${user}="${secrets[user]}"`).join(' ')
  return `org.apache.kafka.common.security.plain.PlainLoginModule required username="${BROKER}" password="${secrets[BROKER]}" ${known};`
}

/**
 * The text of a native instance's `server.properties`. It holds passwords: write it with mode 0600.
 * @param ports the loopback ports of the two listeners
 * @param logs the folder of the topics
 */
export function serverProperties(
  ports: { readonly clients: number; readonly controller: number },
  logs: string,
  secrets: Secrets,
): string {
  const clients = `${CLIENTS}://127.0.0.1:${ports.clients}`
  const perInstance = {
    'controller.quorum.voters': `1@127.0.0.1:${ports.controller}`,
    listeners: `${clients},${CONTROLLER}://127.0.0.1:${ports.controller}`,
    'advertised.listeners': clients,
    'listener.security.protocol.map': `${CLIENTS}:SASL_PLAINTEXT,${CONTROLLER}:SASL_PLAINTEXT`,
    'inter.broker.listener.name': CLIENTS,
    [`listener.name.${CLIENTS.toLowerCase()}.plain.sasl.jaas.config`]: login(secrets, [BROKER, APPLICATION]),
    [`listener.name.${CONTROLLER.toLowerCase()}.plain.sasl.jaas.config`]: login(secrets, [BROKER]),
    // Of a properties file, where a backslash is an escape.
    'log.dirs': logs.replaceAll('\\', '\\\\'),
  }
  const lines = Object.entries({ ...SETTINGS, ...perInstance }).map(([name, value]) => `${name}=${value}`)
  return `${lines.join('\n')}\n`
}

/** Warnings, and the lines that say which version runs: the broker's log is what `arch logs kafka` shows. */
export const LOGGING = `Configuration:
  status: error
  Appenders:
    Console:
      name: out
      target: SYSTEM_OUT
      PatternLayout:
        pattern: "%d{yyyy-MM-dd'T'HH:mm:ss.SSS}{UTC}Z %p %m (%c{1})%n%ex"
  Loggers:
    Root:
      level: warn
      AppenderRef:
        ref: out
    Logger:
      - name: org.apache.kafka.common.utils.internals.AppInfoParser
        level: info
      - name: kafka.server.KafkaRaftServer
        level: info
`
