import { join } from 'node:path'
import { QUICK_COMPILER } from '../../machine/java.ts'
import type { NativePlace } from '../../core/store-module.ts'

/** The application's user, and the one by which the roles of a node speak to each other. */
export const APPLICATION = 'arch'
const HOST = '127.0.0.1'
const CLUSTER = 'arch'

/** The ports beside the controller's. */
export const PORTS = ['zookeeper', 'broker', 'queries', 'server'] as const

const OPENED = ['nio', 'io', 'lang', 'net', 'util', 'util.concurrent'].map((name) => `java.base/java.${name}`)
/** Without the better compiler it starts in half of the processor time. */
const MEMORY = ['-Xms512m', '-Xmx1g', '-XX:+UseSerialGC', QUICK_COMPILER]
const CONDUCT = ['-XX:+ExitOnOutOfMemoryError', '-XX:-UsePerfData', '-Xlog:disable', '-Xlog:all=error:stderr']

/** The options of the node's Java, but for its classes. @param data its folder, which holds its configuration */
export function javaOptions(data: string): readonly string[] {
  return [
    ...MEMORY,
    ...CONDUCT,
    ...[...OPENED, 'java.base/sun.nio.ch'].map((name) => `--add-opens=${name}=ALL-UNNAMED`),
    `-Djava.io.tmpdir=${join(data, 'tmp')}`,
    `-Dlog4j2.configurationFile=${join(data, 'log4j2.xml')}`,
  ]
}

/** What is wrong, but for what Helix says of a cluster that is being made. */
export const LOGGING = `<Configuration status="error">
  <Appenders>
    <Console name="console" target="SYSTEM_OUT"><PatternLayout pattern="%d{ISO8601} %p %c{1} %m%n"/></Console>
  </Appenders>
  <Loggers>
    <Logger name="org.apache.helix" level="off"/>
    <Root level="warn"><AppenderRef ref="console"/></Root>
  </Loggers>
</Configuration>
`

/** A role's way in for clients: on loopback. */
function listener(role: string, port: number): Readonly<Record<string, string>> {
  const protocols = `${role}.access.protocols`
  return { [protocols]: 'http', [`${protocols}.http.host`]: HOST, [`${protocols}.http.port`]: String(port) }
}

/** Lets one user in, by a password. */
function closedTo(role: string, password: string): Readonly<Record<string, string>> {
  const principals = `${role}.access.control.principals`
  return { [principals]: APPLICATION, [`${principals}.${APPLICATION}.password`]: password }
}

/**
 * The text of a node's `pinot.properties`. It holds the password: write it with mode 0600.
 * @param place where the controller listens, and by their names the others
 */
export function nodeProperties({ data, port, furtherPorts, secrets }: NativePlace): string {
  const password = secrets[APPLICATION] ?? ''
  const at = (name: (typeof PORTS)[number]): number => furtherPorts[name] ?? 0
  const zookeeper = `${HOST}:${at('zookeeper')}`
  const token = `Basic ${Buffer.from(`${APPLICATION}:${password}`).toString('base64')}`
  const settings: Readonly<Record<string, string>> = {
    'arch.user': APPLICATION,
    'arch.password': password,
    'arch.zookeeper.folder': join(data, 'zookeeper'),
    'arch.zookeeper.port': String(at('zookeeper')),
    'pinot.zk.server': zookeeper,
    'pinot.cluster.name': CLUSTER,
    'controller.zk.str': zookeeper,
    'controller.helix.cluster.name': CLUSTER,
    'controller.host': HOST,
    'controller.port': String(port),
    ...listener('controller', port),
    ...closedTo('controller.admin', password),
    'controller.admin.access.control.factory.class':
      'org.apache.pinot.controller.api.access.BasicAuthAccessControlFactory',
    'controller.segment.fetcher.auth.token': token,
    'controller.data.dir': join(data, 'controller'),
    'controller.local.temp.dir': join(data, 'tmp', 'controller'),
    'pinot.broker.hostname': HOST,
    'pinot.broker.client.queryPort': String(at('broker')),
    ...listener('pinot.broker.client', at('broker')),
    ...closedTo('pinot.broker', password),
    'pinot.broker.access.control.class': 'org.apache.pinot.broker.broker.BasicAuthAccessControlFactory',
    'pinot.server.netty.host': HOST,
    'pinot.server.netty.port': String(at('queries')),
    'pinot.server.grpc.enable': 'false',
    'pinot.server.adminapi.port': String(at('server')),
    ...listener('pinot.server.adminapi', at('server')),
    ...closedTo('pinot.server.admin', password),
    'pinot.server.admin.access.control.factory.class':
      'org.apache.pinot.server.access.BasicAuthAccessFactory',
    'pinot.server.instance.dataDir': join(data, 'segments'),
    'pinot.server.instance.segmentTarDir': join(data, 'tmp', 'segments'),
    'pinot.server.segment.fetcher.auth.token': token,
    'pinot.server.segment.uploader.auth.token': token,
    'pinot.server.instance.auth.token': token,
  }
  const escaped = (text: string): string => text.replaceAll('\\', '\\\\')
  return `${Object.entries(settings)
    .map(([name, value]) => `${name}=${escaped(value)}`)
    .join('\n')}\n`
}
