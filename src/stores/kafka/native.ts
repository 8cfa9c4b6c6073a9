import { chmod, chown, mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ArchError } from '../../core/errors.ts'
import type { Launch, NativeEngine, NativePlace, Note } from '../../core/store-module.ts'
import { classArchiveOptions } from '../../machine/class-archive.ts'
import { QUICK_COMPILER, argumentFile } from '../../machine/java.ts'
import { explained, lastLines, requireSpace, writeFileAtomic } from '../../machine/files.ts'
import { run } from '../../machine/run.ts'
import { VERSION, lookForKafka, usableKafka } from './engine.ts'
import type { Engine } from './engine.ts'
import { CONTROLLER_PORT, LOGGING, clusterIdOf, serverProperties } from './settings.ts'

const NEEDED_BYTES = 2 ** 30
const ALONE = ['-Xms512m', '-Xmx512m']
const OF_SEVERAL = ['-Xms320m', '-Xmx320m']
/**
 * The quick compiler alone: start and a minute of 50,000 events a second cost 29 s of processor time so, and 38 and 39
 * with the better one, in turns (`arch bench analytics --suite ingest --profile peak --scale 1/2`).
 */
const COMPILER = QUICK_COMPILER
const MEMORY = ['-XX:+UseSerialGC', '-XX:+ExitOnOutOfMemoryError', '-XX:-UsePerfData']
/** What the JVM itself has to say goes to the log only where it is wrong. */
const JVM_LOG = ['-Xlog:disable', '-Xlog:all=error:stderr']

async function own(path: string, place: NativePlace): Promise<void> {
  if (place.account !== undefined) await chown(path, place.account.uid, place.account.gid)
}

/** A configuration file in `folder`, for the broker's account alone. */
async function configure(folder: string, name: string, text: string, place: NativePlace): Promise<void> {
  const file = join(folder, name)
  await writeFileAtomic(file, text, 0o600)
  await own(file, place)
}

async function writeProperties(folder: string, place: NativePlace): Promise<void> {
  const { port, furtherPorts, cluster } = place
  const { nodes, node } = cluster ?? { nodes: [{ host: '127.0.0.1', port, furtherPorts }], node: 0 }
  const text = serverProperties(nodes, node, join(folder, 'topics'), place.secrets)
  await configure(folder, 'server.properties', text, place)
}

/** Formats a folder beside its place and renames it: one that was half formatted by a killed `arch` is never used. */
async function format(place: NativePlace, engine: Engine): Promise<void> {
  await requireSpace(dirname(place.data), NEEDED_BYTES, 'a new Kafka instance')
  const half = `${place.data}.half`
  await rm(half, { recursive: true, force: true })
  await rm(place.data, { recursive: true, force: true })
  await mkdir(half, { mode: 0o700 })
  await own(half, place)
  await writeProperties(half, place)
  const tool = ['-Xmx256m', '-XX:+UseSerialGC', COMPILER, '-XX:-UsePerfData', '-cp']
  const { code, stdout, stderr } = await run(
    engine.java.file,
    [
      ...tool,
      engine.jars.join(':'),
      'kafka.tools.StorageTool',
      'format',
      '--cluster-id',
      clusterIdOf(place.secrets, place.cluster?.topology ?? 'single'),
      '--config',
      'server.properties',
    ],
    { cwd: half, env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' }, account: place.account },
  )
  if (code !== 0) {
    await rm(half, { recursive: true, force: true })
    throw new ArchError(
      `Kafka could not format its data directory in ${dirname(place.data)}: ${lastLines(stderr === '' ? stdout : stderr, 3)}`,
      'Check the space and the permissions of that folder, or set ARCH_HOME to another one.',
    )
  }
  await rename(half, place.data)
}

async function isFormatted(place: NativePlace): Promise<boolean> {
  return stat(join(place.data, 'topics', 'meta.properties')).then(
    () => true,
    () => false,
  )
}

/** The options by an argument file: forty jars would fill every list of processes. */
async function writeArguments(place: NativePlace, engine: Engine): Promise<void> {
  const { java, jars, folder } = engine
  const archive = await classArchiveOptions(java, jars, folder, place.account)
  const logging = `-Dlog4j2.configurationFile=${join(place.data, 'log4j2.yaml')}`
  const memory = [...(place.cluster === undefined ? ALONE : OF_SEVERAL), ...MEMORY]
  const lines = [...memory, COMPILER, ...JVM_LOG, ...archive, logging, '-cp', jars.join(':')]
  await configure(place.data, 'java.args', argumentFile(lines), place)
}

async function prepare(place: NativePlace, note: Note): Promise<Launch> {
  const engine = await usableKafka(place.engines, place.account, note)
  await explained(`make a data directory in ${dirname(place.data)}`, async () => {
    if (!(await isFormatted(place))) {
      note(`formatting a Kafka ${VERSION} data directory`)
      await format(place, engine)
    }
    await chmod(place.data, 0o700)
    // Anew at each start: ports change where something else has taken them.
    await writeProperties(place.data, place)
    await configure(place.data, 'log4j2.yaml', LOGGING, place)
    await writeArguments(place, engine)
  })
  return {
    file: engine.java.file,
    args: ['@java.args', 'kafka.Kafka', 'server.properties'],
    folder: place.data,
    pidFile: join(place.data, 'kafka.pid'),
    pidWrittenBy: 'launcher',
    stopSignal: 'SIGTERM',
  }
}

/** Kafka from Maven, on the user's own Java. */
export const native: NativeEngine = {
  furtherPorts: [CONTROLLER_PORT],
  topologies: { cluster: ['127.0.0.1', '127.0.0.1', '127.0.0.1'] },
  look: lookForKafka,
  prepare,
}
