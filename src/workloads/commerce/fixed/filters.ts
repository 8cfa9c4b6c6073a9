import { Refusal } from '../../../core/errors.ts'
import type { ProductFilters } from '../application.ts'
import { isText } from './bounds.ts'

const LONGEST_BRAND = 100
const LARGEST_CATEGORY = 2 ** 31 - 1
const LARGEST_PRICE = 2n ** 63n - 1n

function isPrice(price: bigint | undefined): boolean {
  return price === undefined || (price >= 0n && price <= LARGEST_PRICE)
}

/** @throws Refusal `bad-filter` unless every bound and name can be one (ECM-86, ECM-87) */
export function demandFilters(filters: ProductFilters): void {
  const { categoryId, brand, priceMinMinor, priceMaxMinor } = filters
  const isCategory =
    categoryId === undefined ||
    (Number.isInteger(categoryId) && categoryId > 0 && categoryId <= LARGEST_CATEGORY)
  const isBrand = brand === undefined || isText(brand, LONGEST_BRAND)
  const isOrdered = priceMaxMinor === undefined || priceMaxMinor >= (priceMinMinor ?? 0n)
  if (!isCategory || !isBrand || !isPrice(priceMinMinor) || !isPrice(priceMaxMinor) || !isOrdered)
    throw new Refusal('bad-filter')
}
