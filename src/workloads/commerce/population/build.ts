import { ArchError } from '../../../core/errors.ts'
import { deriveSeed, permute, random53, randomBelow } from '../../../core/random.ts'
import { composeId, decomposeId, SHARDS } from '../../../core/snowflake.ts'
import type { Population } from '../../../core/population.ts'
import { stockOfRank } from '../model.ts'
import type { CommercePopulation, SeededProduct, SeededStock } from '../population.ts'
import { ADJECTIVES, BRANDS, CATEGORIES } from './words.ts'
import { REGIONS, WAREHOUSES, WAREHOUSES_OF_A_PRODUCT } from './places.ts'

/** The seed is a pure function, so its past may not depend on the day of the run. */
const END_MS = Date.UTC(2026, 0, 1)
/** Ids of one kind differ in their millisecond, and the kinds in their worker. */
const FIRST_MS = Date.UTC(2025, 0, 1)
const WORKER = { product: 0, customer: 0, address: 1, seller: 2, stock: 3, seedLedger: 5, image: 4 } as const
const SMALLEST = 100
const LARGEST = 5_000_000
const SELLER_SHARE = 0.02
const MOST_REVIEWS = 6

/** Ids of the rows that belong to seeded stock and images, for the seed's tables. */
export function seededRowId(
  kind: 'seedLedger' | 'image',
  index: number,
  shard: number,
  slot: number,
): bigint {
  return composeId({ timeMs: FIRST_MS + index, shard, worker: WORKER[kind], sequence: slot })
}

/**
 * The seeded catalogue with its customers, sellers and warehouses: a pure function of (seed, size) (design.md, law 7).
 * @throws ArchError (exit 2) when the size is not a whole number from 100 to 5 million
 */
export function buildPopulation(population: Population): CommercePopulation {
  const { seed, size } = population
  if (!Number.isInteger(size) || size < SMALLEST || size > LARGEST) {
    throw new ArchError(
      `a commerce population of ${size} products cannot be made`,
      `choose a whole number from ${SMALLEST} to ${LARGEST}`,
      2,
    )
  }
  const popularity = deriveSeed(seed, 'popularity')
  const shards = deriveSeed(seed, 'shards')
  const ranks = new Int32Array(size)
  const byRank = Int32Array.from({ length: size }, (_, rank) => permute(rank, size, popularity))
  byRank.forEach((index, rank) => (ranks[index] = rank))
  const idOf = (worker: number, index: number, label: number): bigint =>
    composeId({
      timeMs: FIRST_MS + index,
      shard: random53(shards, index, label) % SHARDS,
      worker,
      sequence: 0,
    })
  const productIds = BigInt64Array.from({ length: size }, (_, index) => idOf(WORKER.product, index, 0))
  const customerIds = BigInt64Array.from({ length: size }, (_, index) => idOf(WORKER.customer, index, 1))
  const indexIn = (ids: BigInt64Array, id: bigint): number | undefined => {
    const index = decomposeId(id).timeMs - FIRST_MS
    return index >= 0 && index < size && ids[index] === id ? index : undefined
  }
  const product = productMaker(seed, size, (index) => productIds[index] ?? outside('product', index))
  const sellers = Math.max(10, Math.round(size * SELLER_SHARE))
  const stockSeed = deriveSeed(seed, 'stock')
  const scarce = byRank[size - 1] ?? 0

  return {
    size,
    product: (index) => product(index, sellers),
    productId: (index) => productIds[index] ?? outside('product', index),
    indexOfProduct: (id) => indexIn(productIds, id),
    priceOf: (index) => priceOf(seed, index),
    categoryOf: (index) => categoryOf(seed, index).categoryId,
    productOfRank: (rank) => byRank[rank] ?? outside('rank', rank),
    rankOf: (index) => ranks[index] ?? outside('product', index),
    scarce,
    stock: (index) => stockOf(stockSeed, index, ranks[index] ?? outside('product', index), index === scarce),
    customerId: (index) => customerIds[index] ?? outside('customer', index),
    indexOfCustomer: (id) => indexIn(customerIds, id),
    customerName: (index) => `Customer ${index}`,
    addressId: (index) => idOf(WORKER.address, index, 1),
    regionOf: (index) => randomBelow(REGIONS.length, deriveSeed(seed, 'regions'), index),
    sellers,
    sellerId: (seller) => idOf(WORKER.seller, seller, 2),
    sellerName: (seller) => `${BRANDS[seller % BRANDS.length] ?? ''} Trading ${seller}`,
    warehouses: WAREHOUSES,
    regions: REGIONS,
    categories: CATEGORIES.map(({ categoryId, name }) => ({ categoryId, name })),
    endMs: END_MS,
  }
}

function categoryOf(seed: number, index: number): (typeof CATEGORIES)[number] {
  return (
    CATEGORIES[randomBelow(CATEGORIES.length, deriveSeed(seed, 'categories'), index)] ??
    outside('product', index)
  )
}

function priceOf(seed: number, index: number): bigint {
  const [lowest, highest] = categoryOf(seed, index).prices
  // Most products of a category are near its cheap end.
  const share = (random53(deriveSeed(seed, 'prices'), index) / 2 ** 53) ** 2
  return BigInt(Math.round((lowest + (highest - lowest) * share) / 10) * 10)
}

function productMaker(
  seed: number,
  size: number,
  idOf: (index: number) => bigint,
): (index: number, sellers: number) => SeededProduct {
  const words = deriveSeed(seed, 'words')
  const pick = <Item>(list: readonly Item[], index: number, choice: number): Item =>
    list[randomBelow(list.length, words, index, choice)] ?? outside('word', choice)
  return (index, sellers) => {
    const category = categoryOf(seed, index)
    const noun = pick(category.nouns, index, 0)
    const adjective = pick(ADJECTIVES, index, 1)
    const other = pick(ADJECTIVES, index, 2)
    const brand = pick(BRANDS, index, 3)
    const model = `${brand.slice(0, 1)}${100 + randomBelow(900, words, index, 4)}`
    const kin = pick(category.nouns, index, 5)
    const reviews = randomBelow(MOST_REVIEWS + 1, words, index, 6)
    return {
      index,
      productId: idOf(index),
      seller: randomBelow(sellers, words, index, 7),
      title: `${brand} ${adjective} ${noun} ${model}`,
      description: `A ${other} ${noun} by ${brand}. Goes well with any ${kin}.`,
      brand,
      categoryId: category.categoryId,
      subcategoryId: category.categoryId * 100 + category.nouns.indexOf(noun),
      priceMinor: priceOf(seed, index),
      currency: 'USD',
      attributes: { kind: noun, finish: other, weightGrams: 50 + randomBelow(5_000, words, index, 8) },
      imageUrls: Array.from(
        { length: 1 + randomBelow(3, words, index, 9) },
        (_, image) => `https://media.example.org/products/${index}-${image}.jpg`,
      ),
      // Distinct customers: consecutive ones from a start that belongs to the product.
      reviews: Array.from({ length: reviews }, (_, review) => ({
        customer: (randomBelow(size, words, index, 10) + review) % size,
        rating: 1 + randomBelow(5, words, index, 20 + review),
      })),
    }
  }
}

/** Four warehouses a product, distinct; the units in proportion to how much is asked for it. */
function stockOf(seed: number, index: number, rank: number, isScarce: boolean): readonly SeededStock[] {
  const units = stockOfRank(rank, isScarce)
  const first = randomBelow(WAREHOUSES.length, seed, index)
  return Array.from({ length: WAREHOUSES_OF_A_PRODUCT }, (_, slot) => {
    const place = WAREHOUSES[(first + 5 * slot) % WAREHOUSES.length] ?? outside('warehouse', slot)
    return {
      inventoryId: composeId({
        timeMs: FIRST_MS + index,
        shard: place.shard,
        worker: WORKER.stock,
        sequence: slot,
      }),
      warehouseId: place.warehouseId,
      quantity: units,
    }
  })
}

function outside(what: string, number: number): never {
  throw new RangeError(`${what} ${number} is outside the seeded population`)
}
