import { newCost } from '../../../../core/cost.ts'
import type { Experiment, ExperimentColumn, Readings, Trial } from '../../../../core/experiment.ts'
import { idGenerator } from '../../../../core/snowflake.ts'
import { closedLoop, percentileOf } from '../../../../patterns/closed-loop.ts'
import type { LoopReport } from '../../../../patterns/closed-loop.ts'
import { loopUntil } from '../../../../patterns/role-loop.ts'
import { ensureMonths, MONTHS_AHEAD } from '../../../../patterns/schema/partitions.ts'
import type { PostgresClient } from '../../../../stores/postgres/client.ts'
import { chooseHotProducts, hotProducts, keepPools } from '../../fixed/checkout/unit-rows.ts'
import { buildPopulation } from '../../population/build.ts'
import type { CommercePopulation } from '../../population.ts'
import { ensureSeed } from '../../seed/seed.ts'
import { DATABASES } from '../../stores.ts'
import { demandOf, PATTERNS } from './demand.ts'
import type { Demand } from './demand.ts'
import { ROWS } from './rows.ts'
import type { CheckoutRow } from './rows.ts'
import { count, countingConflicts, newTally, oversoldUnits, retriesOf } from './tally.ts'
import type { Tally } from './tally.ts'

const DATABASE = 'arch_commerce_experiment'
/** The longest that a customer waits. */
const DEADLINE_MS = 10_000
/** Between two rounds of what the relay does for pools. */
const HOUSE_MS = 250

const column = (
  name: string,
  title: string,
  kind: ExperimentColumn['kind'],
  dispensable: number,
  spread = false,
): ExperimentColumn => ({ name, title, kind, spread, dispensable })

const COLUMNS: readonly ExperimentColumn[] = [
  column('ok', 'ok', 'count', 0),
  column('lost', 'lost', 'count', 0),
  column('serialization', '40001', 'count', 3),
  column('deadlock', '40P01', 'count', 3),
  column('outOfStock', 'no stock', 'count', 4),
  column('other', 'other', 'count', 5),
  column('retries', 'retries', 'count', 1),
  column('perSecond', 'orders/s', 'rate', 0, true),
  column('p50', 'p50 ms', 'milliseconds', 2),
  column('p99', 'p99 ms', 'milliseconds', 0, true),
  column('oversold', 'oversold', 'count', 0),
]

/** Does for the pools what the relay does, until it is stopped; the last time when all orders are in. */
async function keepingPools<Answer>(
  postgres: PostgresClient,
  row: CheckoutRow,
  work: () => Promise<Answer>,
): Promise<Answer> {
  if (!row.isPooled) return work()
  const stop = new AbortController()
  const house = loopUntil(
    stop.signal,
    () => Promise.resolve(postgres),
    async (queries) => {
      await keepPools(queries)
      return HOUSE_MS
    },
  )
  try {
    return await work()
  } finally {
    stop.abort()
    await house
    await keepPools(postgres)
  }
}

/** Orders of each client before those that count: its connection is made, its statements planned, its pages read. */
const WARMUP = 5

/** One trial on a database as it was cloned. */
async function trialOn(
  postgres: PostgresClient,
  population: CommercePopulation,
  row: CheckoutRow,
  trial: Trial,
): Promise<Readings> {
  const ids = idGenerator(0)
  const loop = (tally: Tally, asked: Demand, perClient: number): Promise<LoopReport> => {
    const services = { postgres: countingConflicts(postgres, tally), ids }
    return closedLoop(trial.clients, perClient, trial.signal, (client, number) =>
      count(tally, () =>
        row.checkout(services, asked(client, number), {
          deadlineAt: performance.now() + DEADLINE_MS,
          signal: trial.signal,
          cost: newCost(),
          faultPoint: () => undefined,
        }),
      ),
    )
  }
  await chooseHotProducts(postgres, row.isPooled ? hotProducts(population) : [])
  const tally = newTally()
  const { seconds, latencies } = await keepingPools(postgres, row, async () => {
    const before = { ...trial, seed: trial.seed + 1, round: -1, perClient: WARMUP }
    await loop(newTally(), demandOf(population, before), WARMUP)
    return loop(tally, demandOf(population, trial), trial.perClient)
  })
  const { ok, lost } = tally
  return {
    ok,
    lost: lost['40001'] + lost['40P01'] + lost['out-of-stock'] + lost.other,
    serialization: lost['40001'],
    deadlock: lost['40P01'],
    outOfStock: lost['out-of-stock'],
    other: lost.other,
    retries: retriesOf(tally),
    perSecond: ok / seconds,
    p50: percentileOf(latencies, 0.5),
    p99: percentileOf(latencies, 0.99),
    oversold: await oversoldUnits(postgres),
  }
}

/** How stock is taken when an order is placed: B.0 of the defects, on this machine and with this code. */
export const checkout: Experiment = {
  title: 'ways to take stock when an order is placed (E-06 to E-09, E-43)',
  compares:
    "the text's own transaction, steps away from it, and the strategies of the fixed variant: orders of three lines, lost ones by the database's or the shop's reason, and units sold that were never there",
  stores: ['postgres'],
  rows: ROWS.map(({ name, description }) => ({ name, description })),
  patterns: PATTERNS,
  columns: COLUMNS,
  defaults: { loop: { clients: 24, perClient: 60 }, rounds: 2, population: 20_000 },
  async open(stores, seed, { progress }) {
    const own = (stores['postgres'] as PostgresClient).withDatabase(DATABASES.fixed.postgres)
    const population = buildPopulation(seed)
    const { name: template } = await ensureSeed('fixed', own, seed, () => population, progress)
    const postgres = own.withDatabase(DATABASE)
    return {
      async measure(trial) {
        const row = ROWS.find(({ name }) => name === trial.row)
        if (row === undefined) throw new RangeError(`no row ${trial.row}`)
        await postgres.dropDatabase(DATABASE)
        await postgres.createDatabase(DATABASE, template)
        await ensureMonths(postgres, MONTHS_AHEAD)
        return trialOn(postgres, population, row, trial)
      },
      close: () => postgres.dropDatabase(DATABASE),
    }
  },
}
