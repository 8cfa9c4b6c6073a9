import { chmod, chown, mkdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ArchError } from '../../core/errors.ts'
import type { Availability, Launch, NativeEngine, NativePlace, Note } from '../../core/store-module.ts'
import { explained, requireSpace, writeFileAtomic } from '../../machine/files.ts'
import { QUICK_COMPILER, findJava, isJava } from '../../machine/java.ts'
import type { Java } from '../../machine/java.ts'
import { MAVEN_REMEDY, fetchArchive, hasMaven } from '../../machine/maven.ts'
import { APPLICATION_USER, VERSION, configuration } from './settings.ts'

const ARCHIVE = `org.elasticsearch.distribution.integ-test-zip:elasticsearch:${VERSION}:zip`
const FETCHED = `Elasticsearch ${VERSION} (107 MB)`
const NEEDED_BYTES = 2 ** 30
const JAVA = { min: 17, max: 25 }

function engineIn(engines: string): string {
  return join(engines, `elasticsearch-${VERSION}`)
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

async function look(engines: string): Promise<Availability> {
  const java = await findJava(JAVA)
  if (!isJava(java)) return { available: false, ...java }
  if (await isThere(engineIn(engines)))
    return { available: true, reason: `${VERSION}, fetched, on Java ${java.version}` }
  if (await hasMaven())
    return { available: true, reason: `${VERSION} from Maven Central, on Java ${java.version}` }
  return {
    available: false,
    reason: 'Elasticsearch comes by Maven, and there is no mvn on PATH',
    remedy: MAVEN_REMEDY,
  }
}

async function make(folder: string, place: NativePlace): Promise<void> {
  await mkdir(folder, { recursive: true })
  await chmod(folder, 0o700)
  if (place.account !== undefined) await chown(folder, place.account.uid, place.account.gid)
}

/** Every step may be repeated: what the server itself keeps (its data, its keystore) is left alone. */
async function makeInstance(place: NativePlace): Promise<void> {
  const { account, data } = place
  if (!(await isThere(data))) await requireSpace(dirname(data), NEEDED_BYTES, 'a new Elasticsearch instance')
  // A server leaves a folder there at each start.
  await rm(join(data, 'tmp'), { recursive: true, force: true })
  for (const folder of ['', 'config', 'data', 'tmp']) await make(join(data, folder), place)
  const files = configuration(data, place.port, place.secrets[APPLICATION_USER] ?? '')
  for (const [name, text] of Object.entries(files)) {
    const file = join(data, 'config', name)
    await writeFileAtomic(file, `${text}\n`, 0o600)
    if (account !== undefined) await chown(file, account.uid, account.gid)
  }
}

/**
 * The launcher that `bin/elasticsearch` runs, with what that script gives it. The script itself would work in the
 * engine's folder, which several homes may share; here launcher and server work in the instance's.
 */
function launcherArguments(engine: string, data: string): readonly string[] {
  return [
    '-Xms4m',
    '-Xmx64m',
    '-XX:+UseSerialGC',
    QUICK_COMPILER,
    // Modules are looked for below the working directory, whatever the home is.
    `-Duser.dir=${engine}`,
    `-Djava.io.tmpdir=${join(data, 'tmp')}`,
    '-Dcli.name=server',
    `-Dcli.script=${join(engine, 'bin', 'elasticsearch')}`,
    '-Dcli.libs=lib/tools/server-cli',
    `-Des.path.home=${engine}`,
    `-Des.path.conf=${join(data, 'config')}`,
    '-Des.distribution.type=zip',
    '-Des.java.type=found by arch',
    '-cp',
    `${join(engine, 'lib', '*')}:${join(engine, 'lib', 'cli-launcher', '*')}`,
    'org.elasticsearch.launcher.CliToolLauncher',
  ]
}

async function usableJava(place: NativePlace): Promise<Java> {
  const java = await findJava({ ...JAVA, account: place.account })
  if (isJava(java)) return java
  throw new ArchError(`Elasticsearch cannot run natively: ${java.reason}`, `Remedy: ${java.remedy}.`)
}

async function prepare(place: NativePlace, note: Note): Promise<Launch> {
  const java = await usableJava(place)
  const engine = engineIn(place.engines)
  await fetchArchive(ARCHIVE, engine, FETCHED, note)
  await explained(`make ${place.data}`, () => makeInstance(place))
  note(`starting Elasticsearch ${VERSION} on Java ${java.version}: this takes about 10 s`)
  return {
    file: java.file,
    args: launcherArguments(engine, place.data),
    folder: place.data,
    pidFile: join(place.data, 'elasticsearch.pid'),
    // The server could, but only seconds after its start: too late where arch is killed in between.
    pidWrittenBy: 'launcher',
    // The launcher passes it on, and ends when the server has.
    stopSignal: 'SIGTERM',
  }
}

/** Elasticsearch with a reduced set of modules, from Maven Central. */
export const native: NativeEngine = { look, prepare }
