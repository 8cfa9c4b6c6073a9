// Both variants of the commerce case in a test: seeded alike on real stores, one process of each.
import type { JournalEntry, JournalReader } from '../../src/core/journal.ts'
import type { VariantName } from '../../src/core/names.ts'
import type { RoleHost, RunningRole } from '../../src/core/workload.ts'
import type { AuditOutcome } from '../../src/core/audit.ts'
import type { Population } from '../../src/core/population.ts'
import type { Context, FlowEnd } from '../../src/core/operation.ts'
import type { SqlValue } from '../../src/stores/postgres/client.ts'
import type {
  CommerceApplication,
  OrderRequest,
  PlacedOrder,
} from '../../src/workloads/commerce/application.ts'
import { openAsWritten } from '../../src/workloads/commerce/as-written/open.ts'
import { openFixed } from '../../src/workloads/commerce/fixed/open.ts'
import { workload } from '../../src/workloads/commerce/index.ts'
import { buildPopulation } from '../../src/workloads/commerce/population/build.ts'
import type { CommercePopulation } from '../../src/workloads/commerce/population.ts'
import { commerceStores } from '../../src/workloads/commerce/stores.ts'
import type { CommerceStores } from '../../src/workloads/commerce/stores.ts'
import { newContext } from './context.ts'
import { startTestStores } from './stores.ts'
import type { TestStores } from './stores.ts'

const population: Population = { seed: 7, size: 200 }
export const seeded: CommercePopulation = buildPopulation(population)

export const started: TestStores = await startTestStores(['postgres', 'redis', 'elasticsearch', 'kafka'])
const { stores } = started

for (const variant of ['fixed', 'as-written'] as const)
  await workload.variants[variant].seed(stores, population, {}, () => undefined)

/** What belongs to each variant. */
export const own: Readonly<Record<VariantName, CommerceStores>> = {
  fixed: commerceStores(stores, 'fixed'),
  'as-written': commerceStores(stores, 'as-written'),
}

/** One process of each variant. */
export const applications: Readonly<Record<VariantName, CommerceApplication>> = {
  fixed: (await openFixed(own.fixed, {}, 1)).application,
  'as-written': openAsWritten(own['as-written'], 2).application,
}

/** Rows of any statement; int8 columns are bigint. */
export function sql<Row extends object>(
  variant: VariantName,
  text: string,
  values: readonly SqlValue[] = [],
): Promise<Row[]> {
  return own[variant].postgres.query<Row>({ name: '', text }, values)
}

/** A context whose fault points do what is said for them. */
export function contextWith(points: Readonly<Record<string, () => Promise<void> | void>>): Context {
  return { ...newContext(), faultPoint: (name) => points[name]?.() }
}

let keys = 0

/** What a customer asks with for lines of [product, quantity], by index, at the seeded prices; under a new key each time. */
export function orderOf(lines: readonly (readonly [product: number, quantity: number])[]): OrderRequest {
  keys += 1
  return {
    customerId: seeded.customerId(keys % seeded.size),
    addressId: seeded.addressId(keys % seeded.size),
    key: `key-${keys}`,
    currency: 'USD',
    lines: lines.map(([product, quantity]) => ({
      productId: seeded.productId(product),
      quantity,
      seenPriceMinor: seeded.priceOf(product),
    })),
  }
}

/** Places an order in a variant. */
export function place(
  variant: VariantName,
  request: OrderRequest,
  context: Context = newContext(),
): Promise<PlacedOrder> {
  return applications[variant].placeOrder(request, context)
}

/** Resolves when a session of the variant's database waits for a lock. */
export async function isLockAwaited(variant: VariantName): Promise<boolean> {
  const rows = await sql(
    variant,
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  )
  return rows.length > 0
}

/** A journal of these entries. */
export function journalOf(entries: readonly JournalEntry[]): JournalReader {
  return {
    async *entries(operation) {
      yield* entries.filter((entry) => operation === undefined || entry.operation === operation)
    },
  }
}

/** What an audit of a variant says now. @throws Error when the variant has none of that name */
export async function audit(
  variant: VariantName,
  name: string,
  journal: JournalReader = journalOf([]),
): Promise<AuditOutcome> {
  const found = workload.variants[variant].audits.find((each) => each.name === name)
  if (found === undefined) throw new Error(`${variant} has no audit ${name}`)
  return await found.run({ stores, population, choice: {}, journal, seed: 1, profile: 'steady' })
}

/** A role of a variant in this process, and the ends of flows that it reported. */
export async function roleHere(
  variant: VariantName,
  name: string,
): Promise<{ readonly role: RunningRole; readonly ends: FlowEnd[] }> {
  const ends: FlowEnd[] = []
  const host: RoleHost = {
    flowEnds: (seen) => ends.push(...seen),
    signal: new AbortController().signal,
    witness: () => undefined,
    faultPoint: () => undefined,
  }
  const start = workload.variants[variant].roles[name]
  if (start === undefined) throw new Error(`${variant} has no role ${name}`)
  return { role: await start(stores, population, {}, host), ends }
}
