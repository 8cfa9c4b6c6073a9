import { createHash } from 'node:crypto'
import { Refusal } from '../../../core/errors.ts'
import type { OrderLine, OrderRequest } from '../application.ts'
import { isAmount, isId } from './bounds.ts'

/** Units of one product in one order. */
const MOST_UNITS = 100
const MOST_LINES = 50
const KEY = /^[\x21-\x7e]{1,64}$/
const CURRENCY = /^[A-Z]{3}$/

/** @throws Refusal `invalid-quantity` unless it is a whole number from 1 to 100 (E-27) */
export function demandQuantity(quantity: number): void {
  if (!Number.isInteger(quantity) || quantity < 1 || quantity > MOST_UNITS)
    throw new Refusal('invalid-quantity')
}

/**
 * The lines of an order in the order in which their stock is locked: one a product, products ascending (E-08, E-27).
 * @throws Refusal `no-lines`, `too-many-lines`, `invalid-quantity`, `unknown-product` for an id that cannot be one,
 *   `price-changed` for a price that cannot be one or when one product was seen at two, `total-too-large`
 */
export function mergedLines(lines: readonly OrderLine[]): readonly OrderLine[] {
  if (lines.length === 0) throw new Refusal('no-lines')
  if (lines.length > MOST_LINES) throw new Refusal('too-many-lines')
  const merged = new Map<bigint, OrderLine>()
  for (const line of lines) {
    demandQuantity(line.quantity)
    if (!isId(line.productId)) throw new Refusal('unknown-product')
    if (!isAmount(line.seenPriceMinor)) throw new Refusal('price-changed')
    const same = merged.get(line.productId)
    if (same !== undefined && same.seenPriceMinor !== line.seenPriceMinor) throw new Refusal('price-changed')
    const quantity = (same?.quantity ?? 0) + line.quantity
    demandQuantity(quantity)
    merged.set(line.productId, { ...line, quantity })
  }
  const all = [...merged.values()]
  if (
    !isAmount(all.reduce((sum, { quantity, seenPriceMinor }) => sum + BigInt(quantity) * seenPriceMinor, 0n))
  )
    throw new Refusal('total-too-large')
  return all.sort((one, other) => (one.productId < other.productId ? -1 : 1))
}

/** @throws Refusal `invalid-key`, `wrong-currency` or `unknown-address` when the request cannot be one */
export function demandForm(request: OrderRequest): void {
  if (!KEY.test(request.key)) throw new Refusal('invalid-key')
  if (!CURRENCY.test(request.currency)) throw new Refusal('wrong-currency')
  if (!isId(request.customerId) || !isId(request.addressId)) throw new Refusal('unknown-address')
}

/** Of all that an order asks for: the same key with another request is refused (E-21). */
export function requestHash(request: OrderRequest, lines: readonly OrderLine[]): Buffer {
  const hash = createHash('sha256')
  hash.update(`${request.addressId} ${request.currency}`)
  for (const line of lines) hash.update(` ${line.productId}x${line.quantity}@${line.seenPriceMinor}`)
  return hash.digest()
}
