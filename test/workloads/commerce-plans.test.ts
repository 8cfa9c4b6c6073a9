// What the application asks of PostgreSQL, and by which index it is answered: its own statements, recorded as it asks them.
import t from 'tap'
import { timeOfId } from '../../src/core/snowflake.ts'
import type {
  PostgresClient,
  PostgresQueries,
  SqlValue,
  Statement,
} from '../../src/stores/postgres/client.ts'
import type { CommerceApplication } from '../../src/workloads/commerce/application.ts'
import { LEAST_FIXED } from '../../src/workloads/commerce/audits/refusals-right.ts'
import { openFixed } from '../../src/workloads/commerce/fixed/open.ts'
import { buildPopulation } from '../../src/workloads/commerce/population/build.ts'
import { openCommerceCase } from '../helpers/commerce-fixed.ts'
import { newContext } from '../helpers/context.ts'

const population = { seed: 1, size: 2_000 }
const commerce = await openCommerceCase([], population)
const { postgres, sql } = commerce
const catalogue = buildPopulation(population)
// No consumer runs here that would fill it.
await postgres.execute(`INSERT INTO seller_orders (seller_id, order_id, subtotal_minor, units, currency)
  SELECT n % 40, n, 5, 1, 'USD' FROM generate_series(1, 2000) AS made(n); ANALYZE`)

interface Asked {
  readonly text: string
  readonly values: readonly SqlValue[]
}

const asked: Asked[] = []

function recorded(queries: PostgresQueries): PostgresQueries {
  return {
    execute: (text) => queries.execute(text),
    query<Row extends object>(statement: Statement, values: readonly SqlValue[] = []): Promise<Row[]> {
      asked.push({ text: statement.text, values })
      return queries.query<Row>(statement, values)
    },
  }
}

const recording: PostgresClient = {
  ...postgres,
  ...recorded(postgres),
  bulkhead: (name, connections) => recorded(postgres.bulkhead(name, connections)),
}
const { application } = await openFixed({ ...commerce.own, postgres: recording }, {}, 3)

/** The index, of the whole table, that each partition's index belongs to. */
const roots = new Map(
  (
    await sql<{ part: string; root: string }>(
      `SELECT i.inhrelid::regclass::text AS part, i.inhparent::regclass::text AS root
       FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhparent AND c.relkind = 'I'`,
    )
  ).map(({ part, root }) => [part, root]),
)

/** Which indexes a statement is answered by, and which partitions it looks into. Tables here are small: no scan of a whole one. */
async function planOf({ text, values }: Asked): Promise<{ indexes: string[]; tables: string[] }> {
  const lines = await postgres.transaction(async (queries) => {
    await queries.execute('SET LOCAL enable_seqscan = off')
    return queries.query<Record<string, string>>({ name: '', text: `EXPLAIN (COSTS OFF) ${text}` }, values)
  })
  const plan = lines.map((line) => line['QUERY PLAN'] ?? '').join('\n')
  const indexes = Array.from(
    plan.matchAll(/(?:using|Bitmap Index Scan on) (\w+)/g),
    ([, name = '']) => roots.get(name) ?? name,
  )
  const tables = Array.from(
    plan.matchAll(/Scan (?:Backward )?(?:using \w+ )?on (\w+)/g),
    ([, name = '']) => name,
  )
  return { indexes: [...new Set(indexes)], tables: [...new Set(tables)] }
}

const context = newContext()
const customer = { customerId: catalogue.customerId(3), addressId: catalogue.addressId(3) }
const product = catalogue.product(7)
const placed = await commerce.order(customer, [[product.productId, 1]])
const filters = { categoryId: product.categoryId, brand: product.brand }

type Ask = (own: CommerceApplication) => Promise<unknown>
const OPERATIONS: readonly (readonly [rows: string, ask: Ask, indexes: readonly string[]])[] = [
  [
    'a category by price (ECM-15, ECM-30)',
    (own) => own.browse({ filters: { categoryId: 11 }, after: undefined, limit: 5 }, context),
    ['products_price_idx'],
  ],
  [
    'a brand of a category (ECM-30)',
    (own) => own.browse({ filters, after: undefined, limit: 5 }, context),
    ['products_brand_idx'],
  ],
  [
    'a page: the product by its directory, its images in order, its stock (ECM-34, ECM-41)',
    (own) => own.readProduct({ productId: catalogue.productId(9) }, context),
    [
      'product_directory_pkey',
      'products_pkey',
      'product_images_product_id_idx',
      'inventory_product_id_warehouse_id_idx',
    ],
  ],
  [
    'a customer’s orders, newest first, with their items (ECM-53, ECM-60)',
    (own) => own.listOrders({ customerId: customer.customerId, before: undefined, limit: 5 }, context),
    ['orders_customer_id_idx', 'order_items_pkey'],
  ],
  [
    'an order by its id (ECM-60)',
    (own) => own.readOrder({ customerId: customer.customerId, orderId: placed.orderId }, context),
    ['order_items_pkey'],
  ],
  [
    'a seller’s orders (ECM-60, E-45)',
    (own) =>
      own.listSellerOrders(
        { sellerId: catalogue.sellerId(product.seller), before: undefined, limit: 5 },
        context,
      ),
    ['seller_orders_pkey'],
  ],
]

for (const [rows, ask, indexes] of OPERATIONS)
  t.test(`${rows}: what the application asks is answered by the index`, async (t) => {
    asked.length = 0
    await ask(application)
    t.not(asked.length, 0)
    const used = (await Promise.all(asked.map(planOf))).flatMap((plan) => plan.indexes)
    for (const index of indexes) t.ok(used.includes(index), `${index} is among ${used.join(', ')}`)
  })

t.test('a replay of one product’s ledger, as the audit of refusals does it (ECM-45)', async (t) => {
  const now = Date.now() / 1_000
  const values = [[product.productId], [now - 60], [now]]
  const { indexes } = await planOf({ text: LEAST_FIXED.text, values })
  t.ok(indexes.includes('inventory_transactions_inventory_id_idx'), indexes.join(', '))
})

t.test('one category, and one order, are looked for in one partition (ECM-24, ECM-54)', async (t) => {
  const partitions = async (ask: Ask, table: string): Promise<readonly string[]> => {
    asked.length = 0
    await ask(application)
    const [first] = asked
    if (first === undefined) throw new Error('nothing was asked')
    return (await planOf(first)).tables.filter((name) => name.startsWith(`${table}_`))
  }
  const browse: Ask = (own) =>
    own.browse({ filters: { categoryId: 11 }, after: undefined, limit: 4 }, context)
  t.same(await partitions(browse, 'products'), ['products_clothing'])
  const month = new Date(timeOfId(placed.orderId)).toISOString().slice(0, 7).replace('-', '_')
  const read: Ask = (own) =>
    own.readOrder({ customerId: customer.customerId, orderId: placed.orderId }, context)
  t.same(await partitions(read, 'orders'), [`orders_${month}`])
})

// What the rows name and no operation asks for: docs/commerce.md lists them.
const UNASKED: readonly (readonly [rows: string, text: string, index: string])[] = [
  [
    'attributes that contain something (ECM-26)',
    `SELECT * FROM products WHERE attributes @> '{"finish": "wooden"}'`,
    'products_attributes_idx',
  ],
  [
    'products of a seller (ECM-30)',
    'SELECT * FROM products WHERE seller_id = 5 ORDER BY product_id',
    'products_seller_id_idx',
  ],
  [
    'a subcategory (ECM-30)',
    'SELECT * FROM products WHERE category_id = 11 AND subcategory_id = 1101',
    'products_category_id_subcategory_id_idx',
  ],
  [
    'what is off sale (ECM-30)',
    `SELECT product_id FROM products WHERE status = 'inactive' ORDER BY product_id`,
    'products_status_idx',
  ],
  [
    'all of a warehouse (ECM-41)',
    'SELECT * FROM inventory WHERE shard = 3 AND warehouse_id = 1',
    'inventory_warehouse_id_idx',
  ],
  [
    'orders of a status, newest first (ECM-53)',
    `SELECT order_id FROM orders WHERE status = 'pending' ORDER BY order_id DESC LIMIT 5`,
    'orders_status_idx',
  ],
  [
    'orders of a product (ECM-60)',
    'SELECT order_id FROM order_items WHERE product_id = 5',
    'order_items_product_id_idx',
  ],
]

for (const [rows, text, index] of UNASKED)
  t.test(`${rows}: no operation asks it, and the index is there for whoever does`, async (t) => {
    const { indexes } = await planOf({ text, values: [] })
    t.ok(indexes.includes(index), `${index} is among ${indexes.join(', ')}`)
  })
