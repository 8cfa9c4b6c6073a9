import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { QUICK_COMPILER } from '../../machine/java.ts'

/** What native fetches and docker-compose.yml pulls. */
export const VERSION = '8.19.21'
/** The application's user: of its own indices it may do everything, of the cluster it may see how it fares. */
export const APPLICATION_USER = 'arch'
/** No native instance needs more for the cases' scales; docker-compose.yml gives the same. */
const HEAP = '1g'
/** The server's own choice for this way of keeping a password. It remembers who has proved it, so it is paid seldom. */
const HASH_ROUNDS = 10_000

/** `users` of the file realm: the server compares a password with what is derived from it, and is never told it. */
function hashOf(password: string): string {
  const salt = randomBytes(32)
  const hash = pbkdf2Sync(password, salt, HASH_ROUNDS, 32, 'sha512')
  return `{PBKDF2}${HASH_ROUNDS}$${salt.toString('base64')}$${hash.toString('base64')}`
}

/**
 * What native and docker-compose.yml share. Users come from files alone: the reduced server cannot make the index that
 * holds the others, and no superuser is needed.
 */
export const SETTINGS: Readonly<Record<string, string>> = {
  'cluster.name': 'arch',
  'node.name': 'arch',
  'discovery.type': 'single-node',
  // A nearly full disk is the machine's, not the case's: doctor says so, and no index turns read-only in a run.
  'cluster.routing.allocation.disk.threshold_enabled': 'false',
  'action.auto_create_index': 'false',
  'xpack.security.enabled': 'true',
  'xpack.security.autoconfiguration.enabled': 'false',
  'xpack.security.enrollment.enabled': 'false',
  'xpack.security.http.ssl.enabled': 'false',
  'xpack.security.transport.ssl.enabled': 'false',
  'xpack.security.authc.reserved_realm.enabled': 'false',
  'xpack.security.authc.realms.file.file.order': '0',
  'xpack.security.authc.realms.native.native.order': '1',
  'xpack.security.authc.realms.native.native.enabled': 'false',
}

function server(data: string, port: number): string {
  const own = {
    'network.host': '127.0.0.1',
    'http.port': String(port),
    // Nobody connects to it, so any will do.
    'transport.port': '0',
    'path.data': JSON.stringify(join(data, 'data')),
    // Nothing is logged there: the server works in this folder, by which it is recognised.
    'path.logs': JSON.stringify(data),
  }
  return Object.entries({ ...SETTINGS, ...own })
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n')
}

/**
 * The quick compiler alone. The better one takes half of a start (27 s of processor time, 14 without) and, where two cores
 * have to do for everything, most of a run: 20 searches a second for a minute had a median of 860 and 75 ms, and of 27 and
 * 23 without, in turns (`arch bench commerce`).
 */
const COMPILER = QUICK_COMPILER
const JVM = [
  `-Xms${HEAP}`,
  `-Xmx${HEAP}`,
  '-XX:+UseG1GC',
  COMPILER,
  // Memory is taken when it is needed: the load and other stores share the machine.
  '-XX:-AlwaysPreTouch',
  '-XX:+ExitOnOutOfMemoryError',
  '-Xlog:disable',
  '-Xlog:all=warning:stderr:utctime,level,tags',
  '-Djava.io.tmpdir=${ES_TMPDIR}',
  '20-:--add-modules=jdk.incubator.vector',
  '-Dorg.apache.lucene.store.MMapDirectory.sharedArenaMaxPermits=1',
  // It would be written to the index that the reduced server cannot make.
  '-Des.queryable_built_in_roles_enabled=false',
].join('\n')

const LOGGING = [
  'status = error',
  'appender.console.type = Console',
  'appender.console.name = console',
  'appender.console.layout.type = PatternLayout',
  'appender.console.layout.pattern = [%d{ISO8601}][%-5p][%-25c{1.}] [%node_name]%marker %m%consoleException%n',
  'rootLogger.level = info',
  'rootLogger.appenderRef.console.ref = console',
].join('\n')

const ROLES = [
  'arch_application:',
  '  cluster: [monitor]',
  '  indices:',
  '    - names: ["arch-*", "products*"]',
  '      privileges: [all]',
].join('\n')

/**
 * The files of a native server's `config` folder, by name: loopback only, one user with a password and no right beyond
 * its own indices.
 * @param data the folder of the instance
 */
export function configuration(
  data: string,
  port: number,
  password: string,
): Readonly<Record<string, string>> {
  return {
    'elasticsearch.yml': server(data, port),
    'jvm.options': JVM,
    'log4j2.properties': LOGGING,
    'roles.yml': ROLES,
    users: `${APPLICATION_USER}:${hashOf(password)}`,
    users_roles: `arch_application:${APPLICATION_USER}`,
  }
}
