// The fixed commerce case over stores that run: its schema, the reference data of the seed, and products and customers
// made one by one.
import type { StoreName } from '../../src/core/names.ts'
import type { StoreEndpoint, Stores } from '../../src/core/store.ts'
import { idGenerator } from '../../src/core/snowflake.ts'
import type { Population } from '../../src/core/population.ts'
import { openBooks } from '../../src/patterns/seed/books.ts'
import { loadTables } from '../../src/patterns/seed/load.ts'
import { freshTopics } from '../../src/patterns/topics.ts'
import { ensureMonthOf } from '../../src/patterns/schema/partitions.ts'
import { provisionSchema } from '../../src/patterns/schema/provision.ts'
import type { PostgresClient, SqlValue } from '../../src/stores/postgres/client.ts'
import type { RedisClient } from '../../src/stores/redis/client.ts'
import type { CommerceApplication, OrderLine, PlacedOrder } from '../../src/workloads/commerce/application.ts'
import { topicSpecs } from '../../src/workloads/commerce/fixed/events/topics.ts'
import { openFixed } from '../../src/workloads/commerce/fixed/open.ts'
import type { FixedApplication } from '../../src/workloads/commerce/fixed/open.ts'
import { rebuildIndex } from '../../src/workloads/commerce/fixed/search/rebuild.ts'
import { buildPopulation } from '../../src/workloads/commerce/population/build.ts'
import { WAREHOUSES } from '../../src/workloads/commerce/population/places.ts'
import { commerceSchema } from '../../src/workloads/commerce/schema.ts'
import { fixedTables, referenceTables } from '../../src/workloads/commerce/seed/tables.ts'
import { commerceStores, DATABASES } from '../../src/workloads/commerce/stores.ts'
import type { CommerceStores } from '../../src/workloads/commerce/stores.ts'
import { newContext } from './context.ts'

/** A product of a test; units by warehouse (1 to 12). */
export interface TestProduct {
  readonly price?: bigint
  readonly currency?: string
  readonly title?: string
  readonly description?: string
  readonly brand?: string
  readonly categoryId?: number
  /** Sum and number of its ratings. */
  readonly rated?: readonly [number, number]
  readonly status?: 'active' | 'inactive' | 'deleted'
  readonly stock?: Readonly<Record<number, number>>
}

/** Somebody who orders. */
export interface TestCustomer {
  readonly customerId: bigint
  readonly addressId: bigint
}

/** What a test does to the fixed commerce case. */
export interface CommerceCase {
  /** Of the stores. */
  readonly home: string
  readonly endpoints: readonly StoreEndpoint[]
  readonly stores: Stores
  readonly own: CommerceStores
  readonly postgres: PostgresClient
  readonly redis: RedisClient
  readonly application: CommerceApplication
  /** Another process of the application, with the strategy of its own. Those that work at once mint ids as different workers. */
  open(choice?: Readonly<Record<string, string>>, workerId?: number): Promise<FixedApplication>
  /** Makes a product of price 1,000 USD cents with 100 units in warehouse 1, unless told otherwise. */
  product(made?: TestProduct): Promise<bigint>
  /** Makes a customer with an address in a region: 0 North (7.25 %), 1 East (0), 2 South (19), 3 West (20). */
  customer(region?: number): Promise<TestCustomer>
  /** Orders lines of [product, quantity] at their prices now, under a new key. */
  order(
    customer: TestCustomer,
    lines: readonly (readonly [bigint, number])[],
    key?: string,
  ): Promise<PlacedOrder>
  /** Units of a product by warehouse: available, reserved, sold. */
  stock(product: bigint): Promise<Readonly<Record<number, readonly [number, number, number]>>>
  count(table: string, where?: string): Promise<number>
  /** Rows of any statement; int8 columns are bigint. */
  readonly sql: <Row extends object>(text: string, values?: readonly SqlValue[]) => Promise<Row[]>
}

const PRODUCT = `WITH made AS (
  INSERT INTO products (product_id, seller_id, title, price_minor, currency, status, description, brand, category_id,
    rating_sum, review_count)
  VALUES ($1, $2, $3, $4, $5, $6, $10, $11, $12, $13, $14)
), listed AS (
  INSERT INTO product_directory (product_id, category_id) VALUES ($1, $12)
), pictured AS (
  INSERT INTO product_images (image_id, product_id, image_url, is_primary) VALUES ($1, $1, concat('https://media.example.org/', $1::bigint, '.jpg'), true)
), stocked AS (
  INSERT INTO inventory (inventory_id, product_id, warehouse_id, quantity_available, version, shard)
  SELECT s.id, $1, s.place, s.units, 1, shard_of(s.id) FROM unnest($7::bigint[], $8::integer[], $9::integer[]) AS s(id, place, units)
)
INSERT INTO inventory_transactions (transaction_id, inventory_id, inventory_version, delta_available, delta_reserved,
  delta_sold, transaction_type, created_by, shard)
SELECT next_transaction_id(s.id), s.id, 1, s.units, 0, 0, 'restock', 'warehouse:' || s.place, shard_of(s.id)
FROM unnest($7::bigint[], $8::integer[], $9::integer[]) AS s(id, place, units)`

const CUSTOMER = `WITH made AS (
  INSERT INTO customers (customer_id, email, full_name, shard) VALUES ($1, concat($1::bigint, '@example.org'), 'A customer', shard_of($1::bigint))
)
INSERT INTO addresses (address_id, customer_id, region, street, city, postal_code, shard)
VALUES ($2, $1, $3, '1 Long Street', 'Springfield', '10000', shard_of($1::bigint))`

const ids = idGenerator(63)

/** A line of an order. */
export function line(productId: bigint, quantity = 1, seenPriceMinor = 1_000n): OrderLine {
  return { productId, quantity, seenPriceMinor }
}

/** What a refusal for a reason looks like. */
export function refusal(reason: string): { readonly name: string; readonly reason: string } {
  return { name: 'Refusal', reason }
}

/** Empties the case's database and Redis, and fills in the seed of `population`, or what all products have in common. */
async function prepare(
  { postgres, redis }: Pick<CommerceStores, 'postgres' | 'redis'>,
  population: Population | undefined,
): Promise<void> {
  const schema = commerceSchema('fixed')
  await postgres.dropDatabase(DATABASES.fixed.postgres)
  await provisionSchema(postgres, schema)
  await redis.flush()
  await openBooks(postgres, { seed: 1, size: 100, schema: '', generator: 1 })
  if (population !== undefined) await ensureMonthOf(postgres, schema, new Date(Date.UTC(2025, 0, 15)))
  const catalogue = buildPopulation(population ?? { seed: 1, size: 100 })
  const tables = population === undefined ? referenceTables(catalogue) : fixedTables(catalogue)
  await loadTables(postgres, tables, () => undefined)
  await postgres.execute('DROP SCHEMA seeding CASCADE')
}

/** What `CommerceCase` says, over stores that hold the schema and the reference data. */
async function caseOver(
  started: Pick<CommerceCase, 'home' | 'stores' | 'endpoints'>,
  own: CommerceStores,
): Promise<CommerceCase> {
  const { postgres, redis } = own
  const { application } = await openFixed(own, {}, 1)
  const seller = ids.next(5)
  await postgres.query({ name: '', text: 'INSERT INTO sellers (seller_id, name) VALUES ($1, $2)' }, [
    seller,
    'Kestrel Trading',
  ])
  let keys = 0
  const sql = async <Row extends object>(text: string, values: readonly SqlValue[] = []): Promise<Row[]> =>
    postgres.query<Row>({ name: '', text }, values)
  return {
    ...started,
    own,
    postgres,
    redis,
    application,
    open: (choice = {}, workerId = 2) => openFixed(own, choice, workerId),
    async product(made = {}) {
      const { price = 1_000n, currency = 'USD', title = 'Kestrel silent kettle', status = 'active' } = made
      const { stock = { 1: 100 }, description = '', brand = 'Kestrel', categoryId = 1, rated = [0, 0] } = made
      const productId = ids.next(9)
      const places = Object.keys(stock).map(Number)
      await sql(PRODUCT, [
        productId,
        seller,
        title,
        price,
        currency,
        status,
        places.map((place) => ids.next(WAREHOUSES[place - 1]?.shard ?? 0)),
        places,
        Object.values(stock),
        description,
        brand,
        categoryId,
        ...rated,
      ])
      return productId
    },
    async customer(region = 1) {
      const shard = Number(ids.next(0) % 251n)
      const made = { customerId: ids.next(shard), addressId: ids.next(shard) }
      await sql(CUSTOMER, [made.customerId, made.addressId, region])
      return made
    },
    async order(customer, wanted, key) {
      keys += 1
      const ownKey = key ?? `key-${keys}`
      const rows = await sql<{ product_id: bigint; price_minor: bigint; currency: string }>(
        'SELECT product_id, price_minor, currency FROM products WHERE product_id = ANY ($1)',
        [wanted.map(([product]) => product)],
      )
      const lines = wanted.map(([productId, quantity]): OrderLine => ({
        productId,
        quantity,
        seenPriceMinor: rows.find((row) => row.product_id === productId)?.price_minor ?? 1n,
      }))
      const currency = rows[0]?.currency ?? 'USD'
      return application.placeOrder({ ...customer, key: ownKey, currency, lines }, newContext())
    },
    async stock(product) {
      const rows = await sql<{ place: number; units: readonly [number, number, number] }>(
        `SELECT warehouse_id AS place, ARRAY[quantity_available, quantity_reserved, quantity_sold] AS units
         FROM inventory WHERE product_id = $1`,
        [product],
      )
      return Object.fromEntries(rows.map(({ place, units }) => [place, units]))
    },
    async count(table, where = 'true') {
      const [row] = await sql<{ rows: number }>(
        `SELECT count(*)::integer AS rows FROM ${table} WHERE ${where}`,
      )
      return row?.rows ?? -1
    },
    sql,
  }
}

/** Endpoints at which nobody answers: whoever asks one of these stores is told `unavailable`. */
export function absentEndpoints(names: readonly StoreName[]): readonly StoreEndpoint[] {
  return names.map((store) => ({
    store,
    provider: 'native',
    topology: 'single',
    host: '127.0.0.1',
    port: 1,
  }))
}

/**
 * The schema in an empty database, with the seed of a population or the reference data alone, and an empty Redis.
 * Elasticsearch and Kafka get an index of that seed and empty topics, where they are named.
 */
export async function makeCommerceCase(
  started: Pick<CommerceCase, 'home' | 'stores' | 'endpoints'>,
  further: readonly ('elasticsearch' | 'kafka')[],
  population?: Population,
): Promise<CommerceCase> {
  const own = commerceStores(started.stores, 'fixed')
  await prepare(own, population)
  if (further.includes('kafka')) await freshTopics(own.kafka, await topicSpecs())
  if (further.includes('elasticsearch')) await rebuildIndex(own.postgres, own.elasticsearch, () => undefined)
  return caseOver(started, own)
}
