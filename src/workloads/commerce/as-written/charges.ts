import type { Cost } from '../../../core/cost.ts'
import { Refusal } from '../../../core/errors.ts'
import type { PostgresQueries, SqlValue, Statement } from '../../../stores/postgres/client.ts'
import type { OrderLine } from '../application.ts'
import { decimalOf, minorOf } from './money.ts'

const TAX: Statement = {
  name: 'as_written_calculate_tax',
  text: `SELECT round($1::numeric * r.tax_rate, 2) AS amount
         FROM addresses a JOIN regions r USING (region) WHERE a.address_id = $2`,
}

const SHIPPING: Statement = {
  name: 'as_written_calculate_shipping',
  text: `SELECT r.shipping + r.shipping_unit * $1::int AS amount
         FROM addresses a JOIN regions r USING (region) WHERE a.address_id = $2`,
}

async function amountOf(
  queries: PostgresQueries,
  statement: Statement,
  values: readonly SqlValue[],
  cost: Cost,
): Promise<bigint> {
  const [row] = await queries.query<{ amount: string }>(statement, values, cost)
  if (row === undefined) throw new Refusal('unknown-address')
  return minorOf(row.amount)
}

/**
 * The text's `calculate_tax` (l.600), which it only names: the rate of the address's region, half a cent up.
 * @param subtotal minor units, as is what it answers
 * @throws Refusal `unknown-address`
 */
export function calculateTax(
  queries: PostgresQueries,
  subtotal: bigint,
  addressId: bigint,
  cost: Cost,
): Promise<bigint> {
  return amountOf(queries, TAX, [decimalOf(subtotal), addressId], cost)
}

/**
 * The text's `calculate_shipping` (l.601), which it only names: so much a parcel and so much a unit; minor units.
 * @throws Refusal `unknown-address`
 */
export function calculateShipping(
  queries: PostgresQueries,
  lines: readonly OrderLine[],
  addressId: bigint,
  cost: Cost,
): Promise<bigint> {
  const units = lines.reduce((sum, line) => sum + line.quantity, 0)
  return amountOf(queries, SHIPPING, [units, addressId], cost)
}
