import { shardText } from '../../../patterns/seed/text.ts'
import { momentText } from '../../../patterns/seed/text.ts'
import type { SeedTable } from '../../../patterns/seed/table.ts'
import { shardOfId } from '../../../core/snowflake.ts'
import { seededRowId } from '../population/build.ts'
import { WAREHOUSES_OF_A_PRODUCT } from '../population/places.ts'
import type { CommercePopulation } from '../population.ts'

/** A table with one row, or some, for each of `count` numbers. */
export function tableOf(
  name: string,
  columns: string,
  stage: number,
  count: number,
  rowsOf: (number: number) => string,
  rows: number = count,
): SeedTable {
  return {
    name,
    columns,
    rows,
    stage,
    *generate() {
      for (let number = 0; number < count; number += 1) yield rowsOf(number)
    },
  }
}

/** One row in the text format of COPY. */
export function row(...values: readonly (string | number | bigint | boolean | null)[]): string {
  return `${values.map((value) => (value === null ? '\\N' : String(value))).join('\t')}\n`
}

/** Smaller tables, to which the larger ones refer. */
export function referenceTables(population: CommercePopulation): readonly SeedTable[] {
  const { categories, warehouses, regions } = population
  return [
    tableOf('currencies', 'currency, exponent', 0, 3, (number) =>
      row(['USD', 'JPY', 'KWD'][number] ?? '', [2, 0, 3][number] ?? 0),
    ),
    tableOf('categories', 'category_id, name', 0, categories.length, (number) =>
      row(categories[number]?.categoryId ?? 0, categories[number]?.name ?? ''),
    ),
    tableOf('sellers', 'seller_id, name', 0, population.sellers, (seller) =>
      row(population.sellerId(seller), population.sellerName(seller)),
    ),
    tableOf(
      'regions',
      'region, name, tax_basis_points, shipping_minor, shipping_unit_minor, warehouses',
      0,
      regions.length,
      (number) => {
        const region = regions[number]
        if (region === undefined) return ''
        return row(
          region.region,
          region.name,
          region.taxBasisPoints,
          region.shippingMinor,
          region.shippingUnitMinor,
          `{${region.warehouses.join(',')}}`,
        )
      },
    ),
    tableOf('warehouses', 'warehouse_id, name, region, shard', 1, warehouses.length, (number) => {
      const warehouse = warehouses[number]
      if (warehouse === undefined) return ''
      return row(
        warehouse.warehouseId,
        `Warehouse ${warehouse.warehouseId}`,
        warehouse.region,
        warehouse.shard,
      )
    }),
  ]
}

/** Images of products, the first of each the primary one. */
export function imagesTable(population: CommercePopulation): SeedTable {
  return tableOf(
    'product_images',
    'image_id, product_id, image_url, display_order, is_primary',
    2,
    population.size,
    (index) => {
      const product = population.product(index)
      return product.imageUrls
        .map((url, slot) =>
          row(
            seededRowId('image', index, shardOfId(product.productId), slot),
            product.productId,
            url,
            slot,
            slot === 0,
          ),
        )
        .join('')
    },
  )
}

/** Reviews of products. */
export function reviewsTable(population: CommercePopulation): SeedTable {
  return tableOf('reviews', 'review_id, product_id, customer_id, rating', 2, population.size, (index) => {
    const product = population.product(index)
    return product.reviews
      .map(({ customer, rating }, slot) =>
        row(
          seededRowId('image', index, shardOfId(product.productId), 100 + slot),
          product.productId,
          population.customerId(customer),
          rating,
        ),
      )
      .join('')
  })
}

/** Products, their directory, images and reviews. */
function catalogueTables(population: CommercePopulation): readonly SeedTable[] {
  const { size } = population
  return [
    tableOf(
      'products',
      `product_id, seller_id, title, description, category_id, subcategory_id, brand, price_minor, currency, attributes,
  created_at, updated_at, rating_sum, review_count`,
      1,
      size,
      (index) => {
        const product = population.product(index)
        const moment = momentText(product.productId)
        return row(
          product.productId,
          population.sellerId(product.seller),
          product.title,
          product.description,
          product.categoryId,
          product.subcategoryId,
          product.brand,
          product.priceMinor,
          product.currency,
          JSON.stringify(product.attributes),
          moment,
          moment,
          product.reviews.reduce((sum, review) => sum + review.rating, 0),
          product.reviews.length,
        )
      },
    ),
    tableOf('product_directory', 'product_id, category_id', 1, size, (index) =>
      row(population.productId(index), population.categoryOf(index)),
    ),
    imagesTable(population),
    reviewsTable(population),
  ]
}

function customerTables(population: CommercePopulation): readonly SeedTable[] {
  const { size } = population
  return [
    tableOf('customers', 'customer_id, email, full_name, created_at, shard', 1, size, (index) => {
      const id = population.customerId(index)
      return row(
        id,
        `customer${index}@example.org`,
        population.customerName(index),
        momentText(id),
        shardText(id),
      )
    }),
    tableOf(
      'addresses',
      'address_id, customer_id, region, street, city, postal_code, shard',
      2,
      size,
      (index) => {
        const id = population.addressId(index)
        return row(
          id,
          population.customerId(index),
          population.regionOf(index),
          `${1 + (index % 200)} Long Street`,
          'Springfield',
          String(10_000 + (index % 90_000)),
          shardText(id),
        )
      },
    ),
  ]
}

const LEDGER = 'inventory_transactions'

/** Stock, and the restock in the ledger that it came from (E-17). */
function stockTables(population: CommercePopulation): readonly SeedTable[] {
  const { size } = population
  const rows = size * WAREHOUSES_OF_A_PRODUCT
  return [
    tableOf(
      'inventory',
      'inventory_id, product_id, warehouse_id, quantity_available, version, shard',
      1,
      size,
      (index) =>
        population
          .stock(index)
          .map(({ inventoryId, warehouseId, quantity }) =>
            row(inventoryId, population.productId(index), warehouseId, quantity, 1, shardText(inventoryId)),
          )
          .join(''),
      rows,
    ),
    {
      ...tableOf(
        LEDGER,
        `transaction_id, inventory_id, inventory_version, delta_available, delta_reserved, delta_sold, created_at,
  transaction_type, created_by, shard`,
        1,
        size,
        (index) =>
          population
            .stock(index)
            .map(({ inventoryId, warehouseId, quantity }, slot) => {
              const id = seededRowId('seedLedger', index, shardOfId(inventoryId), slot)
              const by = `warehouse:${warehouseId}`
              return row(id, inventoryId, 1, quantity, 0, 0, momentText(id), 'restock', by, shardText(id))
            })
            .join(''),
        rows,
      ),
      // The ledger is append-only: its owner takes the right for the moment and gives it back (E-18).
      empty: `GRANT TRUNCATE ON ${LEDGER} TO CURRENT_USER; TRUNCATE ${LEDGER};
REVOKE TRUNCATE ON ${LEDGER} FROM CURRENT_USER`,
    },
  ]
}

/** The tables of the fixed variant. */
export function fixedTables(population: CommercePopulation): readonly SeedTable[] {
  return [
    ...referenceTables(population),
    ...catalogueTables(population),
    ...customerTables(population),
    ...stockTables(population),
  ]
}
