import { setTimeout as sleep } from 'node:timers/promises'
import { newCost } from '../../../../core/cost.ts'
import type {
  Experiment,
  ExperimentColumn,
  ExperimentHost,
  Named,
  Readings,
  Trial,
} from '../../../../core/experiment.ts'
import type { VariantName } from '../../../../core/names.ts'
import type { Context } from '../../../../core/operation.ts'
import type { Population, Progress } from '../../../../core/population.ts'
import type { StrategyChoice } from '../../../../core/strategy.ts'
import type { Stores } from '../../../../core/store.ts'
import type { RoleHost, RunningApplication, Variant } from '../../../../core/workload.ts'
import type { AnalyticsApplication } from '../../application.ts'
import { startAsWrittenIngest } from '../../as-written/ingest.ts'
import { openAsWritten } from '../../as-written/open.ts'
import { encodeBatch } from '../../events/encode.ts'
import { BATCH, POPULATION_BATCHES } from '../../events/event.ts'
import { startIngest } from '../../fixed/ingest/role.ts'
import { openFixed } from '../../fixed/open.ts'
import { seedAsWritten, seedFixed } from '../../seed/seed.ts'
import { analyticsStores } from '../../stores.ts'
import type { AnalyticsStores } from '../../stores.ts'
import { seedsOf } from '../../world.ts'

/** Batches of a trial, and the events in them. */
const BATCHES = 40
const EVENTS = BATCHES * BATCH
const POLL_MS = 100

/** Where a consumer dies: the names of the fault points there. */
type Place = 'before the insert' | 'after the insert'

interface Design extends Named {
  readonly variant: VariantName
  readonly choice: StrategyChoice
  readonly points: Readonly<Record<Place, string>>
}

const AS_WRITTEN = {
  'before the insert': 'clickhouse.before-insert',
  'after the insert': 'clickhouse.after-insert',
}

const ROWS: readonly Design[] = [
  {
    name: 'insert, then commit',
    description: 'the text’s table and arrow; offsets are committed when the events are in',
    variant: 'as-written',
    choice: { insert: 'fetch', commit: 'after' },
    points: AS_WRITTEN,
  },
  {
    name: 'commit, then insert',
    description: 'the same, and offsets are committed before',
    variant: 'as-written',
    choice: { insert: 'fetch', commit: 'before' },
    points: AS_WRITTEN,
  },
  {
    name: 'fixed',
    description: 'blocks that the log cuts, inserted under their names, then committed',
    variant: 'fixed',
    choice: {},
    points: { 'before the insert': 'ingest.before-insert', 'after the insert': 'ingest.before-commit' },
  },
]

const column = (name: string, title: string, dispensable: number): ExperimentColumn => ({
  name,
  title,
  kind: 'count',
  spread: false,
  dispensable,
  over: 'total',
})

const COLUMNS: readonly ExperimentColumn[] = [
  column('acknowledged', 'acknowledged', 1),
  column('lost', 'lost', 0),
  column('doubled', 'doubled', 0),
  column('roundsWithHarm', 'harmed rounds', 0),
]

/** What a trial needs of a variant. */
interface Parts {
  readonly seed: (stores: Stores, population: Population, progress: Progress) => Promise<unknown>
  readonly open: (own: AnalyticsStores) => RunningApplication | Promise<RunningApplication>
  readonly ingest: Variant['roles'][string]
}

const PARTS: Readonly<Record<VariantName, Parts>> = {
  fixed: { seed: seedFixed, open: openFixed, ingest: startIngest },
  'as-written': { seed: seedAsWritten, open: openAsWritten, ingest: startAsWrittenIngest },
}

const COUNTS = 'SELECT toUInt32(count()) AS stored, toUInt32(uniqExact(event_id)) AS different FROM events'

function contextOf({ signal }: Trial): Context {
  return { deadlineAt: Number.POSITIVE_INFINITY, signal, cost: newCost(), faultPoint: () => undefined }
}

/** Sends every batch, each acknowledged before the next. */
async function sendAll(application: AnalyticsApplication, trial: Trial): Promise<void> {
  const seeds = seedsOf(trial.seed)
  for (let index = 0; index < BATCHES; index += 1) {
    const number = POPULATION_BATCHES + index
    const { sessionId, body } = encodeBatch(seeds, number, Date.now())
    await application.collect({ batch: `${number}`, sessionId, body }, contextOf(trial))
  }
}

/** Another consumer goes on where the dead one has committed to, until nothing is left. */
async function goOn(
  stores: Stores,
  { ingest }: Parts,
  { choice }: Design,
  signal: AbortSignal,
): Promise<void> {
  const host: RoleHost = {
    signal,
    flowEnds: () => undefined,
    witness: () => undefined,
    faultPoint: () => undefined,
  }
  const role = await ingest(stores, { seed: 0, size: 0 }, choice, host)
  try {
    while (!(await role.drained()) && !signal.aborted) await sleep(POLL_MS)
  } finally {
    await role.close()
  }
}

async function measure(stores: Stores, host: ExperimentHost, trial: Trial): Promise<Readings> {
  const design = ROWS.find(({ name }) => name === trial.row)
  if (design === undefined) throw new RangeError(`no row ${trial.row}`)
  const { variant, choice, points } = design
  const parts = PARTS[variant]
  const population = { seed: trial.seed, size: 0 }
  await parts.seed(stores, population, () => undefined)
  const own = analyticsStores(stores, variant)
  const { application } = await parts.open(own)
  await sendAll(application as AnalyticsApplication, trial)
  const at = points[trial.pattern as Place]
  await host.killRole({ variant, role: 'ingest', population, choice, at })
  await goOn(stores, parts, design, trial.signal)
  const { rows } = await own.clickhouse.query<{ stored: number; different: number }>(COUNTS)
  const { stored = 0, different = 0 } = rows[0] ?? {}
  const [lost, doubled] = [EVENTS - different, stored - different]
  return { acknowledged: EVENTS, lost, doubled, roundsWithHarm: lost + doubled > 0 ? 1 : 0 }
}

/** What a kill of the consumer between its two steps costs, in either order, and as fixed. */
export const consumerKill: Experiment = {
  title: 'what a consumer that is killed between insert and commit loses or counts twice (A-03)',
  compares:
    'the text’s consumer in either order and the fixed one, killed before or after the insert of what it read; another one goes on, and events are counted: what was acknowledged and is not stored, and what is stored twice',
  stores: ['clickhouse', 'kafka'],
  rows: ROWS.map(({ name, description }) => ({ name, description })),
  patterns: [
    { name: 'before the insert', description: 'kill -9 when a batch was read, and nothing of it is stored' },
    { name: 'after the insert', description: 'kill -9 when an insert was acknowledged' },
  ],
  columns: COLUMNS,
  defaults: { rounds: 3, population: 0 },
  open: (stores, _population, host) =>
    Promise.resolve({
      measure: (trial) => measure(stores, host, trial),
      close: () => Promise.resolve(),
    }),
}
