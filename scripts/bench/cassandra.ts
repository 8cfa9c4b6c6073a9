// `npm run bench:cassandra [-- --pairs 5 --seconds 8 --in-flight 256 --topology single --latte-threads 1]`: writes of our
// client against those of latte, a native load tool in Rust, in turns (A B B A ...) into the same table `messages`, which
// is emptied before each turn: the same statement, rows of 256 bytes, LOCAL_QUORUM, as many under way, one connection to
// a node. Prints each pair, medians, the ratio and its spread. latte comes by: cargo install latte-cli@0.29.0 --locked
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { programsOnPath } from '../../src/machine/programs.ts'
import { provisionKeyspace } from '../../src/patterns/keyspace.ts'
import { closeStores, connectStores, upStores } from '../../src/session/up.ts'
import type { CassandraClient, CassandraStatement } from '../../src/stores/cassandra/client.ts'

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '8' },
    'in-flight': { type: 'string', default: '256' },
    topology: { type: 'string', default: 'single' },
    'latte-threads': { type: 'string', default: '1' },
  },
})
const pairs = Number(values.pairs)
const seconds = Number(values.seconds)
const inFlight = Number(values['in-flight'])
const threads = Number(values['latte-threads'])
const topology = values.topology === 'cluster' ? 'cluster' : 'single'
const WARM_UP_SECONDS = 3
/** For connecting, and for what is under way at the end. */
const GRACE_SECONDS = 6
const KEYSPACE = 'arch_bench'
const CONVERSATIONS = 1_000
const ENVELOPES = Array.from({ length: 256 }, () => randomBytes(256))
const ADD: CassandraStatement = {
  text: 'INSERT INTO messages (conversation_id, bucket, message_id, sender_id, sender_device, envelope) VALUES (?, ?, ?, ?, ?, ?)',
  idempotent: true,
}

const [latte] = await programsOnPath('latte')
if (latte === undefined) {
  console.error('There is no latte on PATH. It comes by: cargo install latte-cli@0.29.0 --locked')
  process.exit(3)
}
const running = await upStores(['cassandra'], { provider: 'auto', topology, progress: console.error })
const endpoints = running.map(({ endpoint }) => endpoint)
const stores = await connectStores(endpoints, {
  poolSize: 1,
  applicationName: 'arch bench',
  statementTimeoutMs: 0,
})
const server = stores['cassandra'] as CassandraClient
const client = server.withKeyspace(KEYSPACE)
const folder = mkdtempSync(join(tmpdir(), 'arch-bench-'))

/** Writes for so long, and answers how many were acknowledged a second; undefined where one was not. */
async function write(first: number, forSeconds: number): Promise<number | undefined> {
  const begun = performance.now()
  const until = begun + forSeconds * 1e3
  let [next, acknowledged, hasFailed] = [first, 0, false]
  const lane = async (): Promise<void> => {
    while (performance.now() < until && !hasFailed) {
      const number = next
      next += 1
      const conversation = `00000000-0000-4000-8000-${String(number % CONVERSATIONS).padStart(12, '0')}`
      const envelope = ENVELOPES[number % ENVELOPES.length] ?? Buffer.alloc(0)
      await client.query(ADD, [conversation, 0, BigInt(number), BigInt(number % 7_777), 1, envelope])
      acknowledged += 1
    }
  }
  const lanes = await Promise.allSettled(
    Array.from({ length: inFlight }, async () => {
      await lane().catch((error: unknown) => {
        hasFailed = true
        throw error
      })
    }),
  )
  const failure = lanes.find((each) => each.status === 'rejected')
  if (failure !== undefined) console.log(String(failure.reason))
  return failure !== undefined ? undefined : acknowledged / ((performance.now() - begun) / 1e3)
}

async function oursTurn(): Promise<number | undefined> {
  await write(0, WARM_UP_SECONDS)
  return write(10_000_000, seconds)
}

/** What latte's report says of its run. */
interface LatteReport {
  readonly result: { readonly error_count: number; readonly cycle_throughput: { readonly value: number } }
}

/** Undefined where it met errors. */
function latteTurn(): number | undefined {
  const report = join(folder, 'report.json')
  rmSync(report, { force: true })
  const addresses = endpoints.flatMap(({ host, port, further = [] }) => [{ host, port }, ...further])
  const workload = join(import.meta.dirname, 'cassandra-messages.rn')
  const numbers = {
    '-w': `${WARM_UP_SECONDS}s`,
    '-d': `${seconds}s`,
    '-t': threads,
    '-p': inFlight / threads,
  }
  const { status, stderr } = spawnSync(
    latte ?? '',
    [
      'run',
      '-q',
      ...Object.entries(numbers).flatMap(([flag, value]) => [flag, String(value)]),
      '-P',
      `keyspace="${KEYSPACE}"`,
      '-o',
      report,
      workload,
      ...addresses.map(({ host, port }) => `${host}:${port}`),
    ],
    {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        CASSANDRA_USER: endpoints[0]?.user,
        CASSANDRA_PASSWORD: endpoints[0]?.password,
      },
      encoding: 'utf8',
    },
  )
  if (status !== 0) throw new Error(`latte ended with ${status}: ${stderr}`)
  const { result } = JSON.parse(readFileSync(report, 'utf8')) as LatteReport
  return result.error_count > 0 ? undefined : result.cycle_throughput.value
}

/** One turn of either. One in which the machine stood still (it was suspended, or starved) says nothing and is taken again. */
async function turn(who: 'arch' | 'latte'): Promise<number> {
  for (;;) {
    await client.execute('TRUNCATE messages')
    const begun = performance.now()
    const rate = who === 'arch' ? await oursTurn() : latteTurn()
    const tookSeconds = (performance.now() - begun) / 1e3
    if (tookSeconds > WARM_UP_SECONDS + seconds + GRACE_SECONDS)
      console.log(`a turn of ${who} took ${tookSeconds.toFixed(0)} s: once more`)
    else if (rate === undefined) throw new Error(`writes of ${who} failed`)
    else return rate
  }
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((one, other) => one - other)[numbers.length >> 1] ?? 0
const spread = (numbers: readonly number[], digits: number): string =>
  `median ${median(numbers).toFixed(digits)}, from ${Math.min(...numbers).toFixed(digits)} to ${Math.max(...numbers).toFixed(digits)}`

try {
  await provisionKeyspace(server, { keyspace: KEYSPACE, files: ['schemas/messaging/cassandra.cql'] })
  const settings = running.map(({ facts }) => `commitlog_sync ${facts.settings['commitlog_sync']}`)
  console.log(
    `${cpus().length} cores, load average before ${loadavg()[0]?.toFixed(2)}; topology ${topology}, ${settings.join()}, ${inFlight} under way, ${seconds} s a turn after ${WARM_UP_SECONDS} s`,
  )
  // The server's code is compiled while it runs: what comes first would pay for it.
  await turn('latte')
  const all: { readonly arch: number; readonly latte: number }[] = []
  for (let pair = 0; pair < pairs; pair += 1) {
    const isFirst = pair % 2 === 0
    const first = await turn(isFirst ? 'arch' : 'latte')
    const second = await turn(isFirst ? 'latte' : 'arch')
    const found = isFirst ? { arch: first, latte: second } : { arch: second, latte: first }
    all.push(found)
    console.log(
      `pair ${pair + 1}: arch ${found.arch.toFixed(0)}/s, latte ${found.latte.toFixed(0)}/s, ratio ${(found.arch / found.latte).toFixed(2)}`,
    )
  }
  for (const who of ['arch', 'latte'] as const)
    console.log(
      `writes by ${who}, a second: ${spread(
        all.map((pair) => pair[who]),
        0,
      )}`,
    )
  console.log(
    `arch to latte: ${spread(
      all.map((pair) => pair.arch / pair.latte),
      2,
    )}`,
  )
  console.log(`load average after ${loadavg()[0]?.toFixed(2)}`)
} finally {
  await server.dropKeyspace(KEYSPACE)
  await closeStores(stores)
  rmSync(folder, { recursive: true })
}
