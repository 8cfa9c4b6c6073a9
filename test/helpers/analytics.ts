// The fixed analytics case in a test: its tables and topics on real stores, batches sent as SDKs do, ingestion in this
// process or in one that can be killed.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { FlowEnd, JournalKeys } from '../../src/core/operation.ts'
import type { RoleName, StoreName } from '../../src/core/names.ts'
import type { StoreEndpoint, Stores } from '../../src/core/store.ts'
import type { StrategyChoice } from '../../src/core/strategy.ts'
import type { RunningRole } from '../../src/core/workload.ts'
import type { Audit, AuditOutcome } from '../../src/core/audit.ts'
import { fixedAudits, realtimeAudits } from '../../src/workloads/analytics/audits/index.ts'
import { encodeBatch, EVENT_VERSION } from '../../src/workloads/analytics/events/encode.ts'
import { POPULATION_BATCHES } from '../../src/workloads/analytics/events/event.ts'
import { startIngest } from '../../src/workloads/analytics/fixed/ingest/role.ts'
import { HEADER, INGEST_GROUP, TOPIC } from '../../src/workloads/analytics/fixed/topics.ts'
import { seedFixed } from '../../src/workloads/analytics/seed/seed.ts'
import { analyticsStores } from '../../src/workloads/analytics/stores.ts'
import type { AnalyticsStores } from '../../src/workloads/analytics/stores.ts'
import { seedsOf } from '../../src/workloads/analytics/world.ts'
import { eventually } from './context.ts'
import { journalOf } from './social-data.ts'

const SEED = 1
const PROCESS = fileURLToPath(new URL('ingest-process.ts', import.meta.url))

/** What a test does to the fixed analytics case. */
export interface AnalyticsCase {
  readonly home: string
  readonly endpoints: readonly StoreEndpoint[]
  readonly stores: Stores
  readonly own: AnalyticsStores
  /** What differs from the strategies' defaults. */
  readonly choice: StrategyChoice
  /** Tables and topics anew; nothing has been sent. */
  reset(): Promise<void>
  /** Sends batch `index` of the run, which the journal then holds. Its body may be another. */
  send(index: number, body?: Buffer): Promise<void>
  /** Notes in the journal that batch `index` was acknowledged, whoever sent it. */
  acknowledged(index: number): void
  /** Sends records that the journal does not hold. */
  sendForeign(headers: Readonly<Record<string, string>>, body: Buffer): Promise<void>
  /** Resolves when a group, by default the one that stores events, has read all that was sent. */
  settled(group?: string): Promise<void>
  /** The first number that a query answers. */
  count(text: string): Promise<number>
  /** What an audit finds, given what was sent. */
  audit(name: string): Promise<AuditOutcome>
  /** A line for each of these audits that does not hold; by default for those of suite `ingest`. */
  violations(audits?: readonly Audit[]): Promise<string[]>
}

/** The number of batch `index` of a test. */
export function batchNumber(index: number): number {
  return POPULATION_BATCHES + index
}

/** The body of batch `index` of a test. */
export function bodyOf(index: number): Buffer {
  return encodeBatch(seedsOf(SEED), batchNumber(index), Date.now()).body
}

/** The session of batch `index` of a test. */
export function sessionOfBatch(index: number): string {
  return encodeBatch(seedsOf(SEED), batchNumber(index), Date.now()).sessionId
}

/** The ids of `lineWith`. */
export const LINE_ID = '0f0e0d0c-0b0a-4908-8706-050403020100'
/** An event as a line, with other values, as they stand in JSON, at some places. */
export function lineWith(changes: Readonly<Record<number, string>> = {}): string {
  const values = [
    `"${LINE_ID}"`,
    '"view"',
    '5',
    `"${LINE_ID}"`,
    '"page"',
    '""',
    '"ua"',
    '"DE"',
    '"BE"',
    '"Berlin"',
  ]
  const all = [...values, '"mobile"', '"Chrome"', '7', `${Date.now()}`]
  return `[${all.map((value, place) => changes[place] ?? value).join(',')}]`
}

/** The stores that the case needs. */
export const ANALYTICS_STORES: readonly StoreName[] = ['clickhouse', 'kafka']

/** Opens the case on running stores, with a population of `size` events. */
export async function openAnalyticsCase(
  { stores, endpoints, home }: Pick<AnalyticsCase, 'stores' | 'endpoints' | 'home'>,
  size = 1_000,
  choice: StrategyChoice = {},
): Promise<AnalyticsCase> {
  const own = analyticsStores(stores, 'fixed')
  const sent: { operation: string; keys: JournalKeys }[] = []
  const produce = async (
    headers: Readonly<Record<string, string>>,
    key: string,
    value: Buffer,
  ): Promise<void> => own.kafka.produce(TOPIC.events, [{ key, value, headers }])
  const analytics: AnalyticsCase = {
    home,
    endpoints,
    stores,
    own,
    choice,
    async reset() {
      sent.length = 0
      await seedFixed(stores, { seed: SEED, size }, () => undefined)
    },
    async send(index, body) {
      const batch = batchNumber(index)
      const { sessionId, body: own } = encodeBatch(seedsOf(SEED), batch, Date.now())
      await produce({ [HEADER.batch]: `${batch}`, [HEADER.version]: EVENT_VERSION }, sessionId, body ?? own)
      analytics.acknowledged(index)
    },
    acknowledged(index) {
      sent.push({ operation: 'events.send', keys: { batch: `${batchNumber(index)}` } })
    },
    sendForeign: (headers, body) => produce(headers, 'foreign', body),
    settled: (group = INGEST_GROUP) =>
      eventually(async () => (await own.kafka.lag(group, [TOPIC.events])) === 0n),
    async count(text) {
      const { rows } = await own.clickhouse.query<Record<string, string>>(text)
      return Number(Object.values(rows[0] ?? {})[0])
    },
    async audit(name) {
      const found = realtimeAudits.find((one) => one.name === name)
      if (found === undefined) throw new Error(`no audit is called ${name}`)
      return found.run({
        stores,
        population: { seed: SEED, size },
        choice,
        journal: journalOf(sent),
        seed: SEED,
        profile: 'steady',
      })
    },
    async violations(audits: readonly Audit[] = fixedAudits) {
      const lines: string[] = []
      for (const { name } of audits) {
        const { state, examples } = await analytics.audit(name)
        if (state !== 'held') lines.push(`${name} ${state}: ${examples.join('; ')}`)
      }
      return lines
    },
  }
  await analytics.reset()
  return analytics
}

/** Ingestion in this process, and the ends that it reported. */
export interface IngestHere extends RunningRole {
  readonly ends: FlowEnd[]
}

/** Starts ingestion in this process, or another role that consumes events. */
export async function ingestHere(
  { stores, choice }: AnalyticsCase,
  start: typeof startIngest = startIngest,
): Promise<IngestHere> {
  const ends: FlowEnd[] = []
  const role = await start(stores, { seed: SEED, size: 0 }, choice, {
    flowEnds: (seen) => ends.push(...seen),
    signal: new AbortController().signal,
    witness: () => undefined,
    faultPoint: () => undefined,
  })
  return { ...role, ends }
}

/** What the process of `ingest-process.ts` is told. */
export interface IngestOrder {
  readonly endpoints: readonly StoreEndpoint[]
  /** Which role of the fixed variant consumes. */
  readonly role: RoleName
  readonly choice: StrategyChoice
  readonly killAt: string
  /** At which visit of the point to die, from 1. */
  readonly visit: number
}

/**
 * Ingestion, or another role, in a process of its own that kills itself at the `visit`-th visit of a fault point. Resolves
 * when it is dead.
 */
export async function ingestKilledAt(
  { endpoints, choice }: Pick<AnalyticsCase, 'endpoints' | 'choice'>,
  killAt: string,
  visit: number,
  role: RoleName = 'ingest',
): Promise<void> {
  const child = fork(PROCESS, [], { serialization: 'advanced' })
  const exited = once(child, 'exit')
  const order: IngestOrder = { endpoints, role, choice, killAt, visit }
  child.send(order)
  const [, signal] = (await exited) as [number | null, string | null]
  if (signal !== 'SIGKILL') throw new Error(`${killAt} was not reached`)
}
