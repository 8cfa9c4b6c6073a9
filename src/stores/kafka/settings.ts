import { createHash } from 'node:crypto'
import type { NodeAddress, Secrets } from '../../core/store-module.ts'

/** The broker's own role: it speaks to itself by it, and nothing else uses it. */
export const BROKER = 'broker'
/** The application's role. */
export const APPLICATION = 'arch'

/** Listeners by name; the broker's protocol for each is SASL over a loopback connection. */
const CLIENTS = 'CLIENTS'
const CONTROLLER = 'CONTROLLER'

/** The port by which an engine's place names the controller's listener. */
export const CONTROLLER_PORT = 'controller'

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
  // What is written goes to the disk each second: left to the system, half a minute of it goes at once, and every store of
  // the machine waits for that.
  'log.flush.interval.ms': '1000',
  'log.flush.scheduler.interval.ms': '1000',
  'num.network.threads': '2',
  'num.io.threads': '4',
  'log.cleaner.dedupe.buffer.size': '16777216',
}

/**
 * What differs of three brokers: everything is in three copies and acknowledged when two have it, so one broker may be
 * gone. With the default times its partitions would stand still for 11 s; with these for 2 to 4.
 */
const OF_A_CLUSTER: Readonly<Record<string, string>> = {
  'default.replication.factor': '3',
  'min.insync.replicas': '2',
  'offsets.topic.replication.factor': '3',
  'transaction.state.log.replication.factor': '3',
  'transaction.state.log.min.isr': '2',
  'share.coordinator.state.topic.replication.factor': '3',
  'share.coordinator.state.topic.min.isr': '2',
  'broker.session.timeout.ms': '2000',
  'controller.quorum.fetch.timeout.ms': '1500',
  'controller.quorum.election.timeout.ms': '500',
  // Who is back in sync leads again what it led before.
  'leader.imbalance.check.interval.seconds': '5',
  // All nodes are stopped together: those that end last would wait for a quorum that has gone.
  'controlled.shutdown.enable': 'false',
}

/** The id of a cluster: its nodes are formatted one by one and must agree, also after an interruption. */
export function clusterIdOf(secrets: Secrets, topology: string): string {
  for (let attempt = 0; ; attempt += 1) {
    const digest = createHash('sha256').update(`${topology} ${attempt} ${secrets[BROKER]}`).digest()
    const id = digest.subarray(0, 16).toString('base64url')
    // It must not look like an option to Kafka's own tool.
    if (!id.startsWith('-')) return id
  }
}

/** What the broker's own login and the users that a listener lets in look like in its configuration. */
function login(secrets: Secrets, users: readonly string[]): string {
  const known = users.map((user) => `user_${user}="${secrets[user]}"`).join(' ')
  return `org.apache.kafka.common.security.plain.PlainLoginModule required username="${BROKER}" password="${secrets[BROKER]}" ${known};`
}

/**
 * The text of a native node's `server.properties`. It holds passwords: write it with mode 0600.
 * @param nodes where all nodes listen: one, or those of a cluster
 * @param index which of them it is
 * @param logs the folder of the topics
 */
export function serverProperties(
  nodes: readonly NodeAddress[],
  index: number,
  logs: string,
  secrets: Secrets,
): string {
  const controllers = nodes.map(({ host, furtherPorts }) => `${host}:${furtherPorts[CONTROLLER_PORT]}`)
  const clients = `${CLIENTS}://${nodes[index]?.host}:${nodes[index]?.port}`
  const perInstance = {
    ...(nodes.length === 1 ? {} : OF_A_CLUSTER),
    'node.id': String(index + 1),
    'controller.quorum.voters': controllers.map((at, voter) => `${voter + 1}@${at}`).join(','),
    listeners: `${clients},${CONTROLLER}://${controllers[index]}`,
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
