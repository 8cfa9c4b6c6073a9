import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { findJava, isJava } from '../../src/machine/java.ts'
import { fetchArchive, fetchJars, hasMaven, pomOf } from '../../src/machine/maven.ts'
import { lookForKafka } from '../../src/stores/kafka/engine.ts'

const folder = await mkdtemp(join(tmpdir(), 'arch-java-'))
await chmod(folder, 0o755)
const before = { ...process.env }
t.teardown(async () => {
  process.env = before
  await rm(folder, { recursive: true, force: true })
})

async function makeJava(version: string): Promise<string> {
  const home = join(folder, `java-${version}`)
  await mkdir(join(home, 'bin'), { recursive: true })
  await writeFile(join(home, 'release'), `IMPLEMENTOR="x"\nJAVA_VERSION="${version}"\n`)
  await writeFile(join(home, 'bin', 'java'), '#!/bin/sh\n', { mode: 0o755 })
  return home
}

t.test('the Java that the user chose comes first, where it fits', async (t) => {
  const [older, newer] = [await makeJava('1.8.0_402'), await makeJava('99.0.1')]
  process.env['JAVA_HOME'] = older
  process.env['PATH'] = `${newer}/bin:${before['PATH']}`
  t.match(await findJava({ min: 8, max: 8 }), { home: older, major: 8, version: '1.8.0_402' })
  t.match(await findJava({ min: 99 }), { home: newer, major: 99, file: join(newer, 'bin', 'java') })
})

t.test('no Java of the range is a reason that names what there is, and a remedy', async (t) => {
  process.env['JAVA_HOME'] = await makeJava('1.8.0_402')
  const found = await findJava({ min: 200, max: 201 })
  t.equal(isJava(found), false)
  t.match(found, { reason: /1\.8\.0_402.*needs Java 200 to 201/, remedy: /JAVA_HOME/ })
})

t.test(
  'a Java that the store’s account cannot reach does not count',
  { skip: process.getuid?.() !== 0 },
  async (t) => {
    const home = await makeJava('98.0.0')
    process.env['JAVA_HOME'] = home
    const account = { uid: 54_321, gid: 54_321 }
    t.match(await findJava({ min: 98, max: 98, account }), { home })
    await chmod(home, 0o700)
    t.match(await findJava({ min: 98, max: 98, account }), { reason: /Java 98/ })
  },
)

// A Maven that makes two jars, or says why not, without a repository.
const MAVEN = `#!/bin/sh
here=$(dirname "$0")
echo "$*" >> "$here/calls"
echo '[INFO] Downloaded from somewhere: x.jar'
[ ! -e "$here/refuses" ] || { echo '[ERROR] Could not find artifact x:y:1'; echo '[ERROR] '; exit 1; }
for argument; do case $argument in -DoutputDirectory=*) out=\${argument#*=} ;; esac; done
case "$*" in
  *:unpack*) mkdir -p "$out/server-1"; umask 077; echo one > "$out/server-1/file"; mkdir marks ;;
  *) echo one > "$out/one.jar"; echo two > "$out/two.jar" ;;
esac
`
const maven = join(folder, 'maven')
await mkdir(maven)
await writeFile(join(maven, 'mvn'), MAVEN, { mode: 0o755 })

t.test('jars are fetched once, however many ask, and are whole or not there', async (t) => {
  process.env['PATH'] = `${maven}:${before['PATH']}`
  t.equal(await hasMaven(), true)
  const target = join(folder, 'engines', 'kafka')
  const notes: string[] = []
  const note = (line: string): void => void notes.push(line)
  await writeFile(join(maven, 'refuses'), '')
  await t.rejects(fetchJars('pom', target, 'it', note), {
    name: 'ArchError',
    message: /could not fetch it: Could not find artifact x:y:1/,
    hint: /settings.xml/,
  })
  t.same(await readdir(join(folder, 'engines')), [], 'nothing is left of it')
  await rm(join(maven, 'refuses'))
  await rm(join(maven, 'calls'))
  await Promise.all([1, 2, 3].map(() => fetchJars('pom', target, 'it', note)))
  t.same((await readdir(target)).sort(), ['one.jar', 'two.jar'])
  t.equal((await readFile(join(maven, 'calls'), 'utf8')).trim().split('\n').length, 1)
  t.same(await readdir(join(folder, 'engines')), ['kafka'])
})

t.test('an archive becomes the folder that it holds, for every account to read', async (t) => {
  const place = join(folder, 'engines', 'server')
  await fetchArchive('g:a:1:zip', place, 'it', () => undefined)
  t.equal(await readFile(join(place, 'file'), 'utf8'), 'one\n')
  t.equal((await stat(join(place, 'file'))).mode & 0o777, 0o644)
  t.same((await readdir(join(folder, 'engines'))).sort(), ['kafka', 'server'], 'nothing else is left')
})

t.test('without Maven the remedy is Maven', async (t) => {
  process.env['PATH'] = folder
  t.equal(await hasMaven(), false)
  await t.rejects(
    fetchJars('pom', join(folder, 'engines', 'other'), 'it', () => undefined),
    {
      name: 'ArchError',
      hint: /install Maven/,
    },
  )
})

t.test('Kafka says what it lacks: Maven, where it has not been fetched', async (t) => {
  process.env['PATH'] = folder
  process.env['JAVA_HOME'] = await makeJava('97.0.1')
  t.match(await lookForKafka(folder), { available: false, reason: /no mvn/, remedy: /install Maven/ })
  await mkdir(join(folder, 'kafka-4.4.0'))
  t.match(await lookForKafka(folder), { available: true, reason: /4\.4\.0, fetched, on Java 97/ })
})

t.test('the pom of a JVM engine pins each version', async (t) => {
  const pom = await readFile(pomOf('kafka'), 'utf8')
  const versions = [...pom.matchAll(/<version>(.*)<\/version>/g)].map(([, version]) => version)
  t.ok(versions.length > 3)
  for (const version of versions) t.match(version, /^\d+(\.\d+)*$/)
})
