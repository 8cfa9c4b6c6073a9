// What may go wrong with a small run of the commerce case, and which audits see it.
import type { JournalEntry } from '../../src/core/journal.ts'
import { idGenerator, shardOfId } from '../../src/core/snowflake.ts'
import type { CommerceRun } from './commerce-run.ts'

// Whoever can do this can do anything: the owner of the tables without their guards.
export const UNGUARDED = `
  ALTER TABLE orders DISABLE TRIGGER USER; ALTER TABLE order_items DISABLE TRIGGER USER;
  ALTER TABLE products DISABLE TRIGGER USER; ALTER TABLE inventory_transactions DISABLE TRIGGER USER;
  ALTER TABLE inventory_transactions DROP CONSTRAINT inventory_transactions_type_check;
  ALTER TABLE orders DROP CONSTRAINT orders_total_check;
  GRANT UPDATE, DELETE ON inventory_transactions TO CURRENT_USER;`

/** Damage, and the audits that see it. */
export interface Damage {
  readonly audit: string
  readonly what: string
  readonly shows: RegExp
  readonly sql?: string
  readonly journal?: (entries: readonly JournalEntry[]) => readonly JournalEntry[]
  /** Audits that see it too. */
  readonly also?: readonly string[]
}

function without(
  operation: string,
  key: string,
): (entries: readonly JournalEntry[]) => readonly JournalEntry[] {
  return (all) => all.filter((entry) => entry.operation !== operation || entry.keys['key'] !== key)
}

/** Damages of every kind, each to be done to a run that is right. */
export function damagesOf({ orders, catalogue, entries }: CommerceRun): readonly Damage[] {
  const { one, other, pending, paid, cancelled, refunded, shipped, returned } = orders
  const ids = idGenerator(33)
  const nobodys = ids.next(shardOfId(one))
  const shelf = `(SELECT min(inventory_id) FROM order_item_allocations WHERE order_id = ${one})`
  const untouched = catalogue.stock(6)[1]?.inventoryId ?? 0n

  function and(
    changes: Partial<JournalEntry>,
  ): (entries: readonly JournalEntry[]) => readonly JournalEntry[] {
    const [first] = entries
    if (first === undefined) throw new Error('the journal is empty')
    return (all) => [...all, { ...first, number: all.length, result: {}, ...changes }]
  }

  return [
    {
      audit: 'stock.ledger',
      what: 'a counter that moved without a word in the ledger',
      sql: `UPDATE inventory SET quantity_available = quantity_available - 1 WHERE inventory_id = ${shelf}`,
      shows: /stock row \d+ holds \d+\/\d+\/\d+, its ledger gives/,
    },
    {
      audit: 'stock.ledger',
      what: 'a change of stock that the ledger does not tell of',
      sql: `UPDATE inventory SET version = version + 1 WHERE inventory_id = ${shelf}`,
      shows: /changed \d+ times, its ledger tells of \d+/,
    },
    {
      audit: 'stock.ledger',
      what: 'a delivery that was taken out of the ledger',
      sql: `DELETE FROM inventory_transactions WHERE inventory_id = ${untouched} AND inventory_version = 2`,
      shows: new RegExp(`stock row ${untouched} holds`),
      also: ['journal.acknowledged'],
    },
    {
      audit: 'stock.ledger',
      what: 'a stock row without a ledger',
      sql: `DELETE FROM inventory_transactions WHERE inventory_id = ${untouched}`,
      shows: new RegExp(`stock row ${untouched} has no ledger`),
      also: ['journal.acknowledged'],
    },
    {
      audit: 'stock.oversold',
      what: 'a moment at which more was reserved than had come in',
      sql: `UPDATE inventory_transactions SET delta_available = 1 WHERE inventory_id = ${shelf} AND inventory_version = 1`,
      shows: /stock row \d+ went to -\d+\//,
      also: ['stock.ledger'],
    },
    {
      audit: 'stock.oversold',
      what: 'units that were sold and never reserved',
      sql: `UPDATE inventory_transactions SET delta_reserved = 0 WHERE order_id = ${paid} AND transaction_type = 'sell'`,
      shows: /got \d+ units and accounts for \d+/,
      also: ['stock.ledger', 'orders.states', 'reservations.expired'],
    },
    {
      audit: 'ledger.orders',
      what: 'a reservation that names no order',
      sql: `UPDATE inventory_transactions SET order_id = NULL WHERE order_id = ${pending}`,
      shows: /ledger row \d+ \(reserve\) names no order/,
      also: ['stock.oversold', 'reservations.expired', 'orders.allocated', 'orders.states'],
    },
    {
      audit: 'ledger.orders',
      what: 'a reservation of an order that is not there',
      sql: `DELETE FROM orders WHERE order_id = ${pending}`,
      shows: new RegExp(`\\(reserve\\) names order ${pending}, which is not there`),
      also: [
        'orders.allocated',
        'orders.keys',
        'journal.acknowledged',
        'events.created',
        'effects.once',
        'sellers.orders',
      ],
    },
    {
      audit: 'reservations.expired',
      what: 'a reservation that nobody swept',
      sql: `UPDATE reservations SET expires_at = now() - interval '61 seconds' WHERE order_id = ${pending}`,
      shows: new RegExp(`a reservation of order ${pending} expired`),
    },
    {
      audit: 'reservations.expired',
      what: 'an open reservation of an order that was paid',
      sql: `UPDATE reservations SET state = 'open' WHERE order_id = ${paid}`,
      shows: new RegExp(`order ${paid} has 3 units reserved`),
    },
    {
      audit: 'orders.allocated',
      what: 'a line of which a part was never allocated',
      sql: `UPDATE order_item_allocations SET quantity = 1 WHERE order_id = ${one} AND quantity = 2`,
      shows: new RegExp(`of order ${one} is of 2 units, 1 are allocated`),
      also: ['effects.once'],
    },
    {
      audit: 'orders.allocated',
      what: 'a line that another warehouse than the reserved one was to send',
      sql: `UPDATE order_item_allocations SET inventory_id = ${untouched} WHERE order_id = ${one} AND quantity = 2`,
      shows: new RegExp(`order ${one} has 2 units of stock row ${untouched}, the ledger reserved`),
    },
    {
      audit: 'orders.totals',
      what: 'a tax that is a unit off',
      sql: `UPDATE orders SET tax_minor = tax_minor + 1, total_minor = total_minor + 1 WHERE order_id = ${pending}`,
      shows: new RegExp(`the tax of order ${pending} is`),
      also: ['orders.keys'],
    },
    {
      audit: 'orders.totals',
      what: 'a total that leaves out the shipping',
      sql: `UPDATE orders SET total_minor = total_minor - shipping_minor WHERE order_id = ${pending}`,
      shows: new RegExp(`the total of order ${pending} is`),
      also: ['orders.keys'],
    },
    {
      audit: 'orders.totals',
      what: 'an item that follows the product’s new price',
      sql: `UPDATE order_items SET unit_price_minor = 1, subtotal_minor = quantity WHERE order_id = ${pending}`,
      shows: new RegExp(`the items of order ${pending} come to 3`),
      also: ['sellers.orders'],
    },
    {
      audit: 'orders.states',
      what: 'an order that was confirmed unpaid',
      sql: `UPDATE orders SET status = 'confirmed' WHERE order_id = ${pending}`,
      shows: new RegExp(`order ${pending} is confirmed and unpaid`),
      also: ['sellers.orders'],
    },
    {
      audit: 'orders.states',
      what: 'a payment that is not there',
      sql: `DELETE FROM payments WHERE order_id = ${paid}`,
      shows: new RegExp(`order ${paid} is paid, and captured is f`),
    },
    {
      audit: 'orders.states',
      what: 'money that was given back and not booked',
      sql: `DELETE FROM payments WHERE order_id = ${refunded} AND kind = 'refund'`,
      shows: new RegExp(`order ${refunded} is refunded, and refunded is f`),
    },
    {
      audit: 'orders.states',
      what: 'a payment of another amount',
      sql: `UPDATE payments SET amount_minor = 1 WHERE order_id = ${shipped}`,
      shows: new RegExp(`a payment of order ${shipped} is not its total`),
    },
    {
      audit: 'orders.states',
      what: 'an item that was left behind',
      sql: `UPDATE order_items SET status = 'pending' WHERE order_id = ${shipped} AND line_number = 1`,
      shows: new RegExp(`order ${shipped} is shipped, its items \\{pending,shipped\\}`),
    },
    {
      audit: 'orders.states',
      what: 'a cancelled order that still holds its units',
      sql: `DELETE FROM inventory_transactions WHERE order_id = ${cancelled} AND transaction_type = 'release'`,
      shows: new RegExp(`order ${cancelled} is cancelled and holds 3 reserved units`),
      also: ['stock.ledger', 'reservations.expired'],
    },
    {
      audit: 'orders.states',
      what: 'an item that was returned on paper only',
      sql: `UPDATE order_items SET status = 'returned' WHERE order_id = ${returned}`,
      shows: new RegExp(`order ${returned} is delivered and has bought \\d units`),
    },
    {
      audit: 'orders.keys',
      what: 'an order that belongs to no key',
      sql: `DELETE FROM idempotency_keys WHERE order_id = ${one}`,
      shows: new RegExp(`order ${one} belongs to no key`),
      also: ['journal.acknowledged'],
    },
    {
      audit: 'orders.keys',
      what: 'two orders of one number',
      sql: `UPDATE orders SET order_number = (SELECT order_number FROM orders WHERE order_id = ${one}) WHERE order_id = ${other}`,
      shows: /2 orders have the number/,
    },
    {
      audit: 'orders.keys',
      what: 'a key that answers with another total',
      sql: `UPDATE idempotency_keys SET total_minor = total_minor + 1 WHERE order_id = ${one}`,
      shows: new RegExp(`key one of \\d+ answers another order than ${one}`),
    },
    {
      audit: 'orders.keys',
      what: 'a key that was never finished',
      sql: `UPDATE idempotency_keys SET state = 'in-progress', total_minor = NULL, currency = NULL WHERE order_id = ${one}`,
      shows: /key one of \d+ is still in-progress/,
    },
    {
      audit: 'orders.keys',
      what: 'one order under two keys',
      sql: `INSERT INTO idempotency_keys SELECT customer_id, order_id, total_minor, created_at, 'second', request_hash, currency,
      state, shard FROM idempotency_keys WHERE order_id = ${one}`,
      shows: new RegExp(`order ${one} belongs to 2 keys`),
      also: ['journal.acknowledged'],
    },
    {
      audit: 'orders.history',
      what: 'an order that changed stock before one that was answered before it began',
      sql: `UPDATE inventory_transactions l SET inventory_version = pair.low + pair.high - l.inventory_version FROM (
        SELECT inventory_id, min(inventory_version) AS low, max(inventory_version) AS high FROM inventory_transactions
        WHERE order_id IN (${one}, ${other}) AND transaction_type = 'reserve' GROUP BY 1 HAVING count(*) = 2) pair
      WHERE l.inventory_id = pair.inventory_id AND l.inventory_version IN (pair.low, pair.high)`,
      shows: new RegExp(`${other} reserve changed stock row \\d+ before; ${one} reserve was answered before`),
    },
    {
      audit: 'journal.acknowledged',
      what: 'an acknowledged order that was lost',
      journal: and({
        keys: { customer: '5', key: 'gone', lines: '1x1' },
        result: { order: String(nobodys), total: '1', replayed: false },
      }),
      shows: new RegExp(`order ${nobodys} was acknowledged and is not there`),
    },
    {
      audit: 'journal.acknowledged',
      what: 'an order that nobody asked for',
      journal: without('order.place', 'pending'),
      shows: new RegExp(`order ${pending} is there, and nobody asked for it`),
    },
    {
      audit: 'journal.acknowledged',
      what: 'an order of other lines than were asked for',
      journal: (all) =>
        all.map((entry) =>
          entry.keys['key'] === 'paid' ? { ...entry, keys: { ...entry.keys, lines: '1x1' } } : entry,
        ),
      shows: new RegExp(`order ${paid} holds .*, not 1x1`),
    },
    ...(
      [
        'payment.capture',
        'order.cancel',
        'order.refund',
        'order.ship',
        'order.deliver',
        'item.return',
      ] as const
    ).map((operation): Damage => ({
      audit: 'journal.acknowledged',
      what: `an acknowledged ${operation} that the order does not show`,
      journal: and({ operation, keys: { order: String(pending), line: 1 }, result: { changed: false } }),
      shows: new RegExp(`${operation}.*: the order does not show it`),
    })),
    {
      audit: 'journal.acknowledged',
      what: 'a delivery that was booked twice',
      journal: (all) => all.filter(({ operation }) => operation !== 'stock.add'),
      shows: /is booked 1 times, 0 were acknowledged and 0 left unknown/,
    },
    {
      audit: 'journal.acknowledged',
      what: 'a change of a product that was lost',
      sql: `UPDATE products SET version = 1 WHERE product_id = ${catalogue.productId(7)}`,
      shows: /product.update.*: the product is older than that/,
    },
    {
      audit: 'refusals.right',
      what: 'an order that was refused although everything was there',
      journal: and({
        outcome: 'refused',
        keys: { customer: '5', key: 'no', lines: `${catalogue.productId(9)}x1` },
      }),
      shows: /refused without a reason/,
    },
    {
      audit: 'effects.once',
      what: 'an order that was never confirmed',
      sql: `DELETE FROM order_confirmations WHERE order_id = ${one}`,
      shows: new RegExp(`order ${one} was never confirmed`),
    },
    {
      audit: 'effects.once',
      what: 'a confirmation of an order that was rolled back',
      sql: `INSERT INTO order_confirmations VALUES (${nobodys}, now(), shard_of(${nobodys}))`,
      shows: new RegExp(`order ${nobodys} was confirmed and is not there`),
    },
    {
      audit: 'effects.once',
      what: 'a warehouse that was told of another number of units',
      sql: `UPDATE warehouse_notices SET units = units + 1 WHERE order_id = ${one}`,
      shows: new RegExp(`warehouse \\d+ was told of \\d+ units of order ${one}`),
    },
    {
      audit: 'effects.once',
      what: 'a warehouse that was told nothing',
      sql: `DELETE FROM warehouse_notices WHERE order_id = ${one}`,
      shows: new RegExp(`warehouse \\d+ was told of  units of order ${one}`),
    },
    {
      audit: 'sellers.orders',
      what: 'an order whose status a seller does not see',
      sql: `UPDATE seller_orders SET status = 'pending' WHERE order_id = ${paid}`,
      shows: new RegExp(`seller \\d+ sees order ${paid} as`),
    },
    {
      audit: 'sellers.orders',
      what: 'an order that a seller does not see',
      sql: `DELETE FROM seller_orders WHERE order_id = ${paid}`,
      shows: new RegExp(`seller \\d+ does not see order ${paid}`),
    },
    {
      audit: 'sellers.orders',
      what: 'an order that a seller sees and that is not there',
      sql: `INSERT INTO seller_orders VALUES (1, 2, 3, 4, 'USD')`,
      shows: /seller 1 sees order 2, which is not there/,
    },
    {
      audit: 'stock.pools',
      what: 'a unit that was taken from a pool and never counted',
      sql: `INSERT INTO unit_takings (order_id, inventory_id, customer_id, quantity, taken_at, shard)
        VALUES (${pending}, ${untouched}, 1, 2, now(), shard_of(${untouched}))`,
      shows: /2 units that were taken from the pool of stock row \d+ have not been counted/,
    },
    {
      audit: 'stock.pools',
      what: 'a pool without its unit rows',
      sql: `UPDATE inventory SET quantity_pooled = 3 WHERE inventory_id = ${untouched}`,
      shows: /stock row \d+ has 3 units in its pool, and {2}unit rows/,
      also: ['stock.ledger'],
    },
    {
      audit: 'partitions.default',
      what: 'a product of a category that nobody listed',
      sql: `INSERT INTO products (product_id, seller_id, title, category_id, price_minor, status) VALUES (5, 5, 't', 99, 5, 'inactive')`,
      shows: /1 rows are in products_default/,
    },
  ]
}
