// `npm run bench:place-order [-- --pairs 5 --seconds 10 --clients 16]`: place_order through arch (the application of the
// commerce case, a closed loop of as many callers) and through pgbench (as many clients), with the same function, data and
// kind of orders on the same server, interleaved (A B B A ...). Prints each pair's ratio, their median and their spread.
// No relay and no consumer runs on either side. Needs pgbench on PATH.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { StoreEndpoint } from '../../src/core/store.ts'
import { realClock } from '../../src/engine/clock.ts'
import { runLoad } from '../../src/engine/dispatch.ts'
import { poolSizeOf } from '../../src/session/pool-size.ts'
import { closeStores, connectStores, upStores } from '../../src/session/up.ts'
import type { PostgresClient } from '../../src/stores/postgres/client.ts'
import { workload } from '../../src/workloads/commerce/index.ts'
import { buildPopulation } from '../../src/workloads/commerce/population/build.ts'
import { commerceStores, DATABASES } from '../../src/workloads/commerce/stores.ts'
import { orderPlace } from '../../src/workloads/commerce/traffic/order-place.ts'

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '10' },
    clients: { type: 'string', default: '16' },
  },
})
const pairs = Number(values.pairs)
const seconds = Number(values.seconds)
const clients = Number(values.clients)
const WARMUP_SECONDS = 3
const population = { seed: 42, size: 20_000 }
const variant = workload.variants.fixed

if (spawnSync('pgbench', ['--version']).error !== undefined)
  throw new Error('pgbench is not on PATH: install the client programs of PostgreSQL')

const running = await upStores(workload.stores, { provider: 'auto', topology: 'single' })
const endpoints = running.map(({ endpoint }) => endpoint)
const session = await connectStores(endpoints, { poolSize: 4, applicationName: 'arch bench' })
const folder = mkdtempSync(join(tmpdir(), 'arch-place-order-'))

/** The same data before every turn. */
async function fresh(): Promise<PostgresClient> {
  await variant.seed(session, population, {}, () => undefined)
  return commerceStores(session, 'fixed').postgres
}

async function ours(): Promise<number> {
  await fresh()
  const stores = await connectStores(endpoints, {
    poolSize: poolSizeOf(variant, cpus().length),
    applicationName: 'arch bench',
    keepsPlans: true,
  })
  const application = await variant.open(stores, population, {})
  const clock = realClock()
  const known = new Map<number, bigint>()
  const results = {
    get: (key: number) => known.get(key),
    set: (key: number, id: bigint) => void known.set(key, id),
  }
  const pace = { expected: () => 0, lengthMicros: () => 0 }
  const streams = [{ operation: orderPlace.name, stream: 'mix' as const, perSecond: 1_000 }]
  const report = await runLoad({
    operations: workload.operations.filter(({ name }) => name === orderPlace.name),
    application: application.application,
    world: workload.world(population.seed, population, results, pace, {}),
    results,
    plan: {
      seed: 1,
      process: 'uniform',
      phases: [
        { phase: 'warmup', seconds: WARMUP_SECONDS, streams },
        { phase: 'measure', seconds, streams },
      ],
    },
    closedConcurrency: clients,
    worker: 0,
    workers: 1,
    slots: application.slots,
    clock,
    startAtMicros: clock.nowMicros() + 50_000,
  })
  await application.close()
  await closeStores(stores)
  const measured = report.operations.find(({ phase }) => phase === 'measure')
  if (measured === undefined) throw new RangeError('nothing was answered')
  return measured.outcomes.ok / report.measuredSeconds
}

/** What the script draws from: products by popularity, and customers with their addresses. */
async function drawTables(postgres: PostgresClient): Promise<void> {
  const seeded = buildPopulation(population)
  await postgres.execute(
    `CREATE UNLOGGED TABLE drawn_products (rank integer PRIMARY KEY, product_id bigint, price bigint);
    CREATE UNLOGGED TABLE drawn_customers (number integer PRIMARY KEY, customer_id bigint, address_id bigint)`,
  )
  const ranks = Array.from({ length: seeded.size - 1 }, (_, rank) => rank)
  await postgres.copyIn(
    'COPY drawn_products FROM STDIN',
    ranks.map((rank) => {
      const product = seeded.productOfRank(rank)
      return `${rank + 1}\t${seeded.productId(product)}\t${seeded.priceOf(product)}\n`
    }),
  )
  await postgres.copyIn(
    'COPY drawn_customers FROM STDIN',
    ranks.map((number) => `${number + 1}\t${seeded.customerId(number)}\t${seeded.addressId(number)}\n`),
  )
  await postgres.execute('ANALYZE drawn_products; ANALYZE drawn_customers')
}

const SCRIPT = `\\set customer random(1, 19999)
\\set a random_zipfian(1, 19999, 1.001)
\\set b random_zipfian(1, 19999, 1.001)
\\set c random_zipfian(1, 19999, 1.001)
\\set key random(1, 1000000000000)
SELECT verdict FROM drawn_customers d, (
  SELECT array_agg(product_id ORDER BY product_id) AS products, array_agg(1 ORDER BY product_id) AS units,
    array_agg(price ORDER BY product_id) AS prices
  FROM drawn_products WHERE rank IN (:a, :b, :c)) l,
LATERAL place_order(d.customer_id, (first_id_at(clock_timestamp()) & ~4194303) | (d.customer_id & (255 << 14))
  | (:key::bigint & 16383), 'N' || :key::text, d.address_id, 'USD', 'k' || :key::text, '\\x00', l.products, l.units,
  l.prices, 900)
WHERE d.number = :customer;
`

async function theirs(endpoint: StoreEndpoint): Promise<number> {
  await drawTables(await fresh())
  const file = join(folder, 'place-order.sql')
  writeFileSync(file, SCRIPT)
  const turn = (length: number): string => {
    const run = spawnSync(
      'pgbench',
      ['-n', '-f', file, '-M', 'prepared', '-c', String(clients), '-j', '1', '-T', String(length)],
      {
        env: {
          ...process.env,
          PGHOST: endpoint.host,
          PGPORT: String(endpoint.port),
          PGUSER: endpoint.user,
          PGPASSWORD: endpoint.password,
          PGDATABASE: DATABASES.fixed.postgres,
        },
        encoding: 'utf8',
      },
    )
    if (run.status !== 0) throw new Error(`pgbench failed: ${run.stderr}`)
    return run.stdout
  }
  turn(WARMUP_SECONDS)
  const tps = /tps = ([\d.]+)/.exec(turn(seconds))?.[1]
  if (tps === undefined) throw new Error('pgbench said no rate')
  return Number(tps)
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((one, other) => one - other)[numbers.length >> 1] ?? 0

try {
  const postgres = endpoints.find(({ store }) => store === 'postgres')
  if (postgres === undefined) throw new Error('no PostgreSQL')
  console.log(
    `${cpus().length} cores, load average before ${loadavg()[0]?.toFixed(2)}; ${clients} clients, ${seconds} s a turn`,
  )
  const ratios: number[] = []
  for (let pair = 0; pair < pairs; pair += 1) {
    const isOursFirst = pair % 2 === 0
    const first = isOursFirst ? await ours() : await theirs(postgres)
    const second = isOursFirst ? await theirs(postgres) : await ours()
    const [arch, pgbench] = isOursFirst ? [first, second] : [second, first]
    ratios.push(arch / pgbench)
    console.log(
      `pair ${pair + 1}: arch ${arch.toFixed(0)}/s, pgbench ${pgbench.toFixed(0)}/s, ratio ${(arch / pgbench).toFixed(2)}`,
    )
  }
  console.log(
    `ratio: median ${median(ratios).toFixed(2)}, from ${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`,
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
  await closeStores(session)
}
