import { join } from 'node:path'
import { QUICK_COMPILER } from '../../machine/java.ts'

/** Of modules of the JDK that Cassandra reads beyond what they export: its own conf/jvm17-server.options. */
const EXPORTS = [
  'java.base/jdk.internal.misc',
  'java.base/jdk.internal.ref',
  'java.base/sun.nio.ch',
  'java.management.rmi/com.sun.jmx.remote.internal.rmi',
  'java.rmi/sun.rmi.registry',
  'java.rmi/sun.rmi.server',
  'java.sql/java.sql',
  'java.base/java.lang.ref',
  'java.base/java.lang.reflect',
  'jdk.compiler/com.sun.tools.javac.file',
]
const OPENS = [
  'java.base/java.lang.module',
  'java.base/jdk.internal.loader',
  'java.base/jdk.internal.ref',
  'java.base/jdk.internal.reflect',
  'java.base/jdk.internal.math',
  'java.base/jdk.internal.module',
  'java.base/jdk.internal.util.jar',
  'jdk.management/com.sun.management.internal',
  'java.base/sun.nio.ch',
  'java.base/java.io',
  'java.base/java.lang',
  'java.base/java.lang.reflect',
  'java.base/java.util',
  'java.base/java.util.concurrent',
  'java.base/java.util.concurrent.atomic',
  'java.base/java.nio',
  'java.base/java.net',
  'java.base/jdk.internal.misc',
]
/**
 * The quick compiler alone: the better one took a core from a run's first minute (.99 of a core for 257 messages a second
 * on a node just started, against .66), and gives it back long after the run.
 */
const COMPILER = QUICK_COMPILER
const ALONE = ['-Xms1g', '-Xmx1g', '-XX:MaxDirectMemorySize=512m', COMPILER]
/** Several share the machine. */
const OF_SEVERAL = ['-Xms512m', '-Xmx512m', '-XX:MaxDirectMemorySize=256m', COMPILER]
const MEMORY = ['-Xss512k', '-XX:+UseSerialGC']
const CONDUCT = ['-XX:+ExitOnOutOfMemoryError', '-XX:-UsePerfData']
/** What the JVM itself has to say goes to the log only where it is wrong. */
const JVM_LOG = ['-Xlog:disable', '-Xlog:all=error:stderr']

/** A node waits for nobody: it is alone, or has its place on the ring. Passwords are of 24 random bytes: slow hashes add nothing. */
const PROPERTIES = [
  '-Djdk.attach.allowAttachSelf=true',
  '-Dio.netty.tryReflectionSetAccessible=true',
  '-Djava.net.preferIPv4Stack=true',
  '-Dcassandra-foreground=yes',
  '-Dcassandra.skip_wait_for_gossip_to_settle=0',
  '-Dcassandra.ring_delay_ms=1',
  '-Dcassandra.auth_bcrypt_gensalt_log2_rounds=4',
]

/**
 * Of several: a node that hears of a schema before it knows who has it asks again after a second. Its own minute is longer
 * than a client waits for nodes that start at once to agree.
 */
const SCHEMA_PULL = '-Dcassandra.schema_pull_interval_ms=1000'

/**
 * Of a lone node the default superuser is made at once. Of several each node has all the roles, from the beginning, and
 * the superuser is tried to be made until a quorum of them is there.
 */
function roleOptions(nodes: number): readonly string[] {
  if (nodes === 1) return ['-Dcassandra.superuser_setup_delay_ms=0']
  return ['-Dcassandra.superuser_setup_delay_ms=500', `-Dcassandra.system_auth.default_rf=${nodes}`]
}

/**
 * The options of a node's Java, but for its classes.
 * @param data its folder, which holds its configuration
 * @param nodes how many there are of them
 */
export function javaOptions(data: string, nodes: number): readonly string[] {
  return [
    ...(nodes === 1 ? ALONE : OF_SEVERAL),
    ...MEMORY,
    ...CONDUCT,
    ...JVM_LOG,
    ...EXPORTS.map((name) => `--add-exports=${name}=ALL-UNNAMED`),
    ...OPENS.map((name) => `--add-opens=${name}=ALL-UNNAMED`),
    ...PROPERTIES,
    ...roleOptions(nodes),
    ...(nodes === 1 ? [] : [SCHEMA_PULL]),
    `-Djava.io.tmpdir=${join(data, 'tmp')}`,
    `-Djna.tmpdir=${join(data, 'tmp')}`,
    `-Duser.home=${data}`,
    `-Dcassandra.storagedir=${data}`,
    `-Dcassandra.config=file://${join(data, 'cassandra.yaml')}`,
    `-Dcassandra-rackdc.properties=file://${join(data, 'cassandra-rackdc.properties')}`,
    `-Dlogback.configurationFile=${join(data, 'logback.xml')}`,
  ]
}
