import { chmod, chown, mkdir, readFile, rm, stat } from 'node:fs/promises'
import { dirname, extname, join } from 'node:path'
import type { Launch, NativeEngine, NativePlace, Note } from '../../core/store-module.ts'
import { classArchiveOptions } from '../../machine/class-archive.ts'
import { argumentFile } from '../../machine/java.ts'
import { explained, requireSpace, writeFileAtomic } from '../../machine/files.ts'
import { usableNode } from '../../machine/node-program.ts'
import { VERSION, lookForCassandra, usableCassandra } from './engine.ts'
import type { Engine } from './engine.ts'
import { javaOptions } from './jvm.ts'
import { LOGGING, rackSettings, serverSettings } from './settings.ts'
import type { NodePlace } from './settings.ts'
import { DATACENTER, SITES, tokenOf } from './sites.ts'

const NEEDED_BYTES = 2 ** 30
const STORAGE_PORT = 'storage'
const HOST = '127.0.0.1'
/**
 * How late the kernel may wake a thread that sleeps for less, in nanoseconds. Cassandra's workers look for work every
 * 10 us for 10 ms after each request (SEPWorker), so one that is asked 400 times a second never rests: of .46 of a core
 * .35 were such looks, 19,000 switches a second. A request may wait for half a millisecond, and the processor is .31.
 */
const TIMER_SLACK_NS = 500_000
/** Threads inherit it, over `exec` too; where there is no such file nothing is changed. */
const REST = `{ echo ${TIMER_SLACK_NS} > /proc/self/timerslack_ns; } 2> /dev/null; `
const EXTENSION = extname(import.meta.filename)
/** In the folder of a node that has a link. */
const LINK_PID_FILE = 'link.pid'

async function own(path: string, place: NativePlace): Promise<void> {
  if (place.account !== undefined) await chown(path, place.account.uid, place.account.gid)
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** A configuration file in the data folder, for the server's account alone. */
async function configure(place: NativePlace, name: string, text: string): Promise<void> {
  const file = join(place.data, name)
  await writeFileAtomic(file, text, 0o600)
  await own(file, place)
}

/** The options by an argument file: a hundred jars would fill every list of processes. */
async function writeArguments(place: NativePlace, engine: Engine): Promise<void> {
  const { java, jars, folder } = engine
  const { nodes, node } = place.cluster ?? { nodes: [HOST], node: 0 }
  const archive = await classArchiveOptions(java, jars, folder, place.account, node === 0)
  const lines = [...javaOptions(place.data, nodes.length), ...archive, '-cp', jars.join(':')]
  await configure(place, 'java.args', argumentFile(lines))
}

/** Where a node listens: alone, or at its place in a ring whose nodes are all seeds, so that none waits for another. */
function nodePlace({ data, port, furtherPorts, cluster }: NativePlace): NodePlace {
  const storagePort = furtherPorts[STORAGE_PORT] ?? 0
  const listens = { port, storagePort, data }
  if (cluster === undefined) return { ...listens, host: HOST, seeds: [HOST] }
  const sites = SITES[cluster.topology] ?? []
  const { host = HOST, abroad } = sites[cluster.node] ?? {}
  const seeds = sites.map((site) => site.abroad ?? site.host)
  return { ...listens, host, abroad, seeds, token: tokenOf(sites, cluster.node) }
}

/** Every step may be repeated: what the server itself keeps is left alone. */
async function makeInstance(place: NativePlace, engine: Engine): Promise<void> {
  const { data } = place
  if (!(await isThere(data))) await requireSpace(dirname(data), NEEDED_BYTES, 'a new Cassandra instance')
  // Libraries that a killed server has unpacked there.
  await rm(join(data, 'tmp'), { recursive: true, force: true })
  for (const folder of [data, join(data, 'tmp')]) {
    await mkdir(folder, { recursive: true })
    await chmod(folder, 0o700)
    await own(folder, place)
  }
  // Anew at each start: ports change where something else has taken them.
  await configure(place, 'cassandra.yaml', serverSettings(nodePlace(place)))
  if (place.cluster !== undefined) {
    const site = SITES[place.cluster.topology]?.[place.cluster.node]
    await configure(place, 'cassandra-rackdc.properties', rackSettings(site?.datacenter ?? DATACENTER))
  }
  await configure(place, 'logback.xml', LOGGING)
  await writeArguments(place, engine)
}

/** What is run in the node's folder: the node, and beside it the link by which other data centres reach it. */
async function commandOf(place: NativePlace, engine: Engine): Promise<Pick<Launch, 'file' | 'args'>> {
  const node = [engine.java.file, '@java.args', 'org.apache.cassandra.service.CassandraDaemon']
  const { host, storagePort, abroad } = nodePlace(place)
  if (abroad === undefined) return { file: '/bin/sh', args: ['-c', `${REST}exec "$@"`, 'sh', ...node] }
  // A copy of our own code: the account that runs it may not reach the original.
  const link = `link${EXTENSION === '.ts' ? '.mts' : '.mjs'}`
  await configure(place, link, await readFile(join(import.meta.dirname, 'link', `main${EXTENSION}`), 'utf8'))
  const program = await usableNode(place.engines, place.account)
  const ways = [String(storagePort), abroad, host, LINK_PID_FILE]
  // The shell becomes the node, and so the parent of its link.
  const script = `"$1" "$2" "$3" "$4" "$5" "$6" & shift 6; ${REST}exec "$@"`
  return { file: '/bin/sh', args: ['-c', script, 'sh', program, link, ...ways, ...node] }
}

async function prepare(place: NativePlace, note: Note): Promise<Launch> {
  const engine = await usableCassandra(place.engines, place.account, note)
  const command = await explained(`make ${place.data}`, async () => {
    await makeInstance(place, engine)
    return commandOf(place, engine)
  })
  note(`starting Cassandra ${VERSION} on Java ${engine.java.version}`)
  return {
    ...command,
    folder: place.data,
    pidFile: join(place.data, 'cassandra.pid'),
    pidWrittenBy: 'launcher',
    stopSignal: 'SIGTERM',
  }
}

const HOSTS = Object.fromEntries(
  Object.entries(SITES).map(([topology, sites]) => [topology, sites.map(({ host }) => host)]),
)

/** Cassandra from Maven, on the user's own Java 17. */
export const native: NativeEngine = {
  furtherPorts: [STORAGE_PORT],
  topologies: HOSTS,
  samePorts: true,
  look: lookForCassandra,
  prepare,
}
