import t from 'tap'
import { composeId, idGenerator } from '../../src/core/snowflake.ts'
import { schemaDifferences } from '../../src/patterns/schema/differences.ts'
import { ensurePartitions } from '../../src/patterns/schema/partitions.ts'
import { provisionSchema } from '../../src/patterns/schema/provision.ts'
import { commerceSchema } from '../../src/workloads/commerce/schema.ts'
import { openCommerceCase } from '../helpers/commerce-fixed.ts'
import { newContext } from '../helpers/context.ts'

const commerce = await openCommerceCase()
const { postgres, sql } = commerce
const schema = commerceSchema('fixed')
const ids = idGenerator(40)
const refusedBy = (constraint: string): { code: RegExp; constraint: string } => ({ code: /^23/, constraint })

t.test('provisioning again changes nothing, and the live schema is the declared one (X-09)', async (t) => {
  t.match(await provisionSchema(postgres, schema), { changed: false })
  t.strictSame(await schemaDifferences(postgres, schema), [])
  t.match(await ensurePartitions(postgres, schema, 3), { changed: false })
  t.match(await ensurePartitions(postgres, schema, 5), { changed: true })
  t.strictSame(await schemaDifferences(postgres, schema), [], 'further months are no difference')
})

t.test('every sharded table ends with its shard and checks it against the id (X-06)', async (t) => {
  const found = await sql<{ name: string; ends: boolean; checked: boolean }>(
    `SELECT c.relname AS name, a.attnum = (SELECT max(attnum) FROM pg_attribute WHERE attrelid = c.oid AND NOT attisdropped) AS ends,
       EXISTS (SELECT FROM pg_constraint WHERE conrelid = c.oid AND conname = c.relname || '_shard_check') AS checked
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'shard'
     WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition AND c.relkind IN ('r', 'p')
       AND c.relname <> 'warehouses'`,
  )
  t.ok(found.length >= 12)
  for (const { name, ends, checked } of found) t.strictSame([ends, checked], [true, true], name)
})

t.test(
  'a row of last month, this one or the next three lies in its month, never in DEFAULT (ECM-46, ECM-54)',
  async (t) => {
    const customer = await commerce.customer()
    const shard = Number((customer.customerId >> 14n) & 255n)
    const now = new Date()
    for (let step = -1; step <= 3; step += 1) {
      const first = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + step, 1)
      const last = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + step + 1, 1) - 1
      for (const timeMs of [first, last]) {
        const order = composeId({ timeMs, shard, worker: 1, sequence: 1 })
        const month = new Date(timeMs).toISOString().slice(0, 7).replace('-', '_')
        const placed = await sql(
          `WITH o AS (INSERT INTO orders (order_id, customer_id, order_number, subtotal_minor, tax_minor, shipping_minor,
           total_minor, currency, shipping_address_id, created_at, shard)
           VALUES ($1::bigint, $2, $1::bigint::text, 5, 0, 0, 5, 'USD', $3, time_of($1), shard_of($1)) RETURNING tableoid::regclass::text AS o),
         l AS (INSERT INTO inventory_transactions (transaction_id, inventory_id, inventory_version, delta_available,
           delta_reserved, delta_sold, transaction_type, created_by, shard)
           VALUES ($1, $1::bigint, 1, 1, 0, 0, 'restock', 'warehouse:1', shard_of($1)) RETURNING tableoid::regclass::text AS l)
         SELECT o, l FROM o, l`,
          [order, customer.customerId, customer.addressId],
        )
        t.strictSame(placed, [{ o: `orders_${month}`, l: `inventory_transactions_${month}` }])
      }
    }
  },
)

const TOUCHES = {
  name: 'test_touches',
  text: `SELECT s.relname::text AS partition, s.seq_scan + coalesce(s.idx_scan, 0) + s.n_tup_ins + s.n_tup_upd AS touches
    FROM pg_stat_xact_user_tables s JOIN pg_class c ON c.oid = s.relid AND c.relispartition ORDER BY 1`,
}

t.test('what an order does touches the partitions of its month, and no other (E-02, E-44)', async (t) => {
  const customer = await commerce.customer()
  const product = await commerce.product()
  const context = newContext()
  const { orderId } = await commerce.order(customer, [[product, 1]])
  const month = new Date().toISOString().slice(0, 7).replace('-', '_')
  const touched = await postgres.transaction(async (queries) => {
    const run = (text: string): Promise<object[]> => queries.query({ name: '', text })
    // What earlier transactions of the connection did may still be counted here.
    const counts = async (): Promise<string[]> => {
      const rows = await queries.query<{ partition: string; touches: bigint }>(TOUCHES)
      return rows.map(({ partition, touches }) => `${partition} ${touches}`)
    }
    const shard = Number((orderId >> 14n) & 255n)
    const before = new Set(await counts())
    await run(`SELECT place_order(${customer.customerId}, ${ids.next(shard)}, 'n', ${customer.addressId}, 'USD',
      'touching', 'hash', ARRAY[${product}], ARRAY[2], ARRAY[1000], 900)`)
    await run(`SELECT capture_payment(${orderId}, ${ids.next(shard)})`)
    await run(
      `SELECT forward_order(${orderId}, 'shipped', 'T1'), forward_order(${orderId}, 'delivered', NULL)`,
    )
    await run(`SELECT return_item(${customer.customerId}, ${orderId}, 1::smallint)`)
    return (await counts()).filter((line) => !before.has(line)).map((line) => line.split(' ')[0])
  })
  t.strictSame(touched, [
    ...['inventory_transactions', 'order_item_allocations', 'order_items', 'orders'].map(
      (name) => `${name}_${month}`,
    ),
    'products_electronics',
  ])
  await commerce.application.readOrder({ customerId: customer.customerId, orderId }, context)
  t.equal(context.cost.roundTrips, 1)
})

t.test('a category’s products are read from its own partition alone (ECM-24)', async (t) => {
  const plan = await sql<Record<string, string>>(
    'EXPLAIN SELECT * FROM products WHERE category_id = 11 ORDER BY price_minor LIMIT 5',
  )
  const text = plan.map((line) => line['QUERY PLAN']).join('\n')
  t.match(text, /products_clothing/)
  t.notMatch(text, /products_(electronics|home|books|toys|default)/)
})

const LEDGER_CHANGES = ['UPDATE $ SET delta_available = 7', 'DELETE FROM $', 'TRUNCATE $']

t.test(
  'the ledger refuses every change and deletion, through the table and through each partition (E-18)',
  async (t) => {
    await commerce.product()
    const partitions = await sql<{ name: string }>(
      `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'inventory_transactions'::regclass`,
    )
    t.ok(partitions.length >= 6)
    const before = await sql('SELECT * FROM inventory_transactions ORDER BY transaction_id')
    for (const table of ['inventory_transactions', ...partitions.map(({ name }) => name)])
      for (const change of LEDGER_CHANGES)
        await t.rejects(sql(change.replace('$', table)), { code: '42501' }, change.replace('$', table))
    t.strictSame(await sql('SELECT * FROM inventory_transactions ORDER BY transaction_id'), before)
  },
)

t.test('a trigger still refuses where somebody has been given the right (E-18)', async (t) => {
  await t.rejects(
    postgres.transaction(async (queries) => {
      await queries.execute('GRANT UPDATE, DELETE, TRUNCATE ON inventory_transactions TO CURRENT_USER')
      await queries.execute('UPDATE inventory_transactions SET delta_available = 7')
    }),
    { message: /inventory_transactions_\w+ is append-only: UPDATE is refused/ },
  )
  await t.rejects(
    postgres.transaction(async (queries) => {
      await queries.execute('GRANT UPDATE, DELETE, TRUNCATE ON inventory_transactions TO CURRENT_USER')
      await queries.execute('DELETE FROM inventory_transactions')
    }),
    { message: /append-only: DELETE is refused/ },
  )
})

const MACHINES = {
  order: ['pending', 'confirmed', 'shipped', 'delivered', 'cancelled'],
  payment: ['pending', 'paid', 'refunded'],
  item: ['pending', 'shipped', 'delivered', 'returned'],
} as const
const LEGAL: ReadonlySet<string> = new Set([
  'order pending confirmed',
  'order pending cancelled',
  'order confirmed shipped',
  'order confirmed cancelled',
  'order shipped delivered',
  'payment pending paid',
  'payment paid refunded',
  'item pending shipped',
  'item shipped delivered',
  'item delivered returned',
])
const COLUMN = {
  order: ['orders', 'status', 'orders_move'],
  payment: ['orders', 'payment_status', 'orders_move'],
  item: ['order_items', 'status', 'order_items_move'],
} as const

for (const machine of ['order', 'payment', 'item'] as const) {
  t.test(`of all moves of an ${machine}'s status only the legal ones are made (E-32)`, async (t) => {
    const { orderId } = await commerce.order(await commerce.customer(), [[await commerce.product(), 1]])
    const [table, column, trigger] = COLUMN[machine]
    for (const from of MACHINES[machine]) {
      for (const to of [...MACHINES[machine], 'lost']) {
        await postgres.execute(`ALTER TABLE ${table} DISABLE TRIGGER ${trigger};
          UPDATE ${table} SET ${column} = '${from}' WHERE order_id = ${orderId}; ALTER TABLE ${table} ENABLE TRIGGER ${trigger}`)
        const move = sql(`UPDATE ${table} SET ${column} = '${to}' WHERE order_id = ${orderId} RETURNING 1`)
        if (from === to || LEGAL.has(`${machine} ${from} ${to}`))
          t.equal((await move).length, 1, `${from} to ${to}`)
        else await t.rejects(move, { code: '23514' }, `${from} to ${to}`)
      }
    }
  })
}

t.test('what no row may say is refused by a CHECK of its name', async (t) => {
  const { orderId } = await commerce.order(await commerce.customer(), [
    [await commerce.product({ stock: { 3: 5 } }), 1],
  ])
  const refused: Readonly<Record<string, string>> = {
    inventory_available_check: 'UPDATE inventory SET quantity_available = -1',
    inventory_reserved_check: 'UPDATE inventory SET quantity_reserved = -1',
    inventory_sold_check: 'UPDATE inventory SET quantity_sold = -1',
    inventory_shard_check: 'UPDATE inventory SET shard = (shard + 1) % 256',
    orders_total_check: `UPDATE orders SET total_minor = total_minor + 1 WHERE order_id = ${orderId}`,
    orders_amounts_check: `UPDATE orders SET tax_minor = -1, total_minor = total_minor - tax_minor - 1 WHERE order_id = ${orderId}`,
    order_items_subtotal_check: 'UPDATE order_items SET subtotal_minor = subtotal_minor + 1',
    order_items_quantity_check: 'UPDATE order_items SET quantity = 0, subtotal_minor = 0',
    order_item_allocations_quantity_check: 'UPDATE order_item_allocations SET quantity = 0',
    reservations_quantity_check: 'UPDATE reservations SET quantity = 0',
    reservations_state_check: `UPDATE reservations SET state = 'lost'`,
    products_price_check: 'UPDATE products SET price_minor = -1',
    products_status_check: `UPDATE products SET status = 'gone'`,
    products_attributes_check: `UPDATE products SET attributes = '[]'`,
    products_reviews_check: 'UPDATE products SET rating_sum = 6, review_count = 1',
    products_currency_fkey: `UPDATE products SET currency = 'XXX'`,
    idempotency_keys_answer_check: 'UPDATE idempotency_keys SET total_minor = NULL',
    carts_quantity_check: 'INSERT INTO carts VALUES (1, 1, 101, now(), 0)',
    payments_kind_check: `INSERT INTO payments VALUES (1, 1, 1, now(), 'USD', 'gift', 0)`,
    payments_amount_check: `INSERT INTO payments VALUES (1, 1, -1, now(), 'USD', 'refund', 0)`,
  }
  for (const [constraint, statement] of Object.entries(refused))
    await t.rejects(sql(statement), refusedBy(constraint), constraint)
  for (const row of [
    `NULL, -1, 1, 0, 'reserve'`,
    `7, -1, 2, 0, 'reserve'`,
    `NULL, -1, 0, 0, 'restock'`,
    `NULL, 1, 0, -1, 'restock'`,
    `7, 1, 0, 0, 'release'`,
    `7, 0, -1, 2, 'sell'`,
    `7, 1, 0, 0, 'gift'`,
  ]) {
    const insert =
      sql(`INSERT INTO inventory_transactions (transaction_id, inventory_id, order_id, delta_available,
      delta_reserved, delta_sold, transaction_type, inventory_version, created_by, shard) SELECT 1, 1, ${row}, 1, 'x', 0`)
    await t.rejects(insert, refusedBy('inventory_transactions_type_check'), row)
  }
})

t.test(
  'one primary image, one stock row a warehouse, one capture and one refund: no second one (ECM-32, ECM-40)',
  async (t) => {
    const product = await commerce.product({ stock: { 2: 5 } })
    await t.rejects(
      sql(`INSERT INTO product_images VALUES (1, ${product}, 'u', 0, true)`),
      refusedBy('product_images_primary_idx'),
    )
    await t.rejects(
      sql(`INSERT INTO inventory (inventory_id, product_id, warehouse_id, shard)
      SELECT inventory_id + 1, product_id, warehouse_id, shard FROM inventory WHERE product_id = ${product}`),
      refusedBy('inventory_product_id_warehouse_id_idx'),
    )
    const payment = `INSERT INTO payments VALUES ($1, 0, 1, now(), 'USD', 'capture', 0)`
    await sql(payment, [1n])
    await t.rejects(sql(payment, [2n]), refusedBy('payments_order_id_idx'))
    await sql('DELETE FROM payments')
  },
)

t.test('items and allocations go with their order, images with their product (ECM-33, ECM-59)', async (t) => {
  const product = await commerce.product()
  const { orderId } = await commerce.order(await commerce.customer(), [[product, 1]])
  await sql(`DELETE FROM orders WHERE order_id = ${orderId}`)
  await sql(`DELETE FROM product_directory WHERE product_id = ${product}`)
  const left = await sql(
    `SELECT 1 FROM order_items WHERE order_id = ${orderId} UNION ALL SELECT 1 FROM order_item_allocations
     WHERE order_id = ${orderId} UNION ALL SELECT 1 FROM product_images WHERE product_id = ${product}`,
  )
  t.strictSame(left, [])
})

t.test('a change of a product raises its version and its date (E-46)', async (t) => {
  const product = await commerce.product()
  const changed = await sql(
    `UPDATE products SET title = 'x' WHERE product_id = ${product} RETURNING version, updated_at > created_at AS later`,
  )
  t.strictSame(changed, [{ version: 2n, later: true }])
})

t.test('a month that was archived can be detached, its items first (E-49)', async (t) => {
  await postgres.execute(`SELECT ensure_month_partition('orders', '2024-02-01'), ensure_month_partition('order_items', '2024-02-01'),
    ensure_month_partition('order_item_allocations', '2024-02-01')`)
  await postgres.execute(`ALTER TABLE order_item_allocations DETACH PARTITION order_item_allocations_2024_02;
    ALTER TABLE order_items DETACH PARTITION order_items_2024_02; ALTER TABLE orders DETACH PARTITION orders_2024_02;
    DROP TABLE order_item_allocations_2024_02, order_items_2024_02, orders_2024_02`)
  t.strictSame(await schemaDifferences(postgres, schema), [])
})

t.test('what was dropped is made again, and what was changed by hand is found', async (t) => {
  await postgres.execute(`DROP TABLE reservations; DROP TRIGGER orders_move ON orders`)
  t.match(await schemaDifferences(postgres, schema), [{ object: /reservations/, found: 'nothing' }])
  t.match(await provisionSchema(postgres, schema), { changed: true })
  t.strictSame(await schemaDifferences(postgres, schema), [])
  await postgres.execute(`
    ALTER TABLE inventory DROP CONSTRAINT inventory_available_check;
    ALTER TABLE inventory_transactions DISABLE TRIGGER inventory_transactions_append_only;
    ALTER TABLE warehouses ALTER COLUMN name TYPE varchar(99);
    DROP INDEX products_title_idx;
    CREATE OR REPLACE FUNCTION shard_of(id bigint) RETURNS smallint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN 0::smallint`)
  const differences = await schemaDifferences(postgres, schema)
  t.strictSame(
    differences.map(({ object }) => object),
    [
      'column warehouses.name',
      'constraint inventory.inventory_available_check',
      'function shard_of(id bigint)',
      'index products_title_idx',
      'trigger inventory_transactions.inventory_transactions_append_only',
    ],
  )
})
