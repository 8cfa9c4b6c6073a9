import type { SeedTable } from '../../../patterns/seed/table.ts'
import { momentText } from '../../../patterns/seed/text.ts'
import { seededRowId } from '../population/build.ts'
import { shardOfId } from '../../../core/snowflake.ts'
import { decimalOf } from '../as-written/money.ts'
import { WAREHOUSES_OF_A_PRODUCT } from '../population/places.ts'
import type { CommercePopulation } from '../population.ts'
import { imagesTable, reviewsTable, row, tableOf } from './tables.ts'

function catalogueTables(population: CommercePopulation): readonly SeedTable[] {
  return [
    tableOf(
      'products',
      `product_id, seller_id, title, description, category_id, subcategory_id, brand, price, currency, attributes,
  created_at, updated_at`,
      1,
      population.size,
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
          decimalOf(product.priceMinor),
          product.currency,
          JSON.stringify(product.attributes),
          moment,
          moment,
        )
      },
    ),
    imagesTable(population),
    reviewsTable(population),
  ]
}

function customerTables(population: CommercePopulation): readonly SeedTable[] {
  const { size, regions } = population
  return [
    tableOf('regions', 'region, name, tax_rate, shipping, shipping_unit', 0, regions.length, (number) => {
      const region = regions[number]
      if (region === undefined) return ''
      return row(
        region.region,
        region.name,
        // Basis points are hundredths of a per cent: two more digits than a per cent has.
        (region.taxBasisPoints / 10_000).toFixed(4),
        decimalOf(BigInt(region.shippingMinor)),
        decimalOf(BigInt(region.shippingUnitMinor)),
      )
    }),
    tableOf('customers', 'customer_id, email, full_name', 1, size, (index) =>
      row(population.customerId(index), `customer${index}@example.org`, population.customerName(index)),
    ),
    tableOf('addresses', 'address_id, customer_id, region', 1, size, (index) =>
      row(population.addressId(index), population.customerId(index), population.regionOf(index)),
    ),
  ]
}

/** Stock, and the restock in the ledger that it came from. */
function stockTables(population: CommercePopulation): readonly SeedTable[] {
  const { size } = population
  const rows = size * WAREHOUSES_OF_A_PRODUCT
  return [
    tableOf(
      'inventory',
      'inventory_id, product_id, warehouse_id, quantity_available',
      1,
      size,
      (index) =>
        population
          .stock(index)
          .map(({ inventoryId, warehouseId, quantity }) =>
            row(inventoryId, population.productId(index), warehouseId, quantity),
          )
          .join(''),
      rows,
    ),
    tableOf(
      'inventory_transactions',
      'inventory_id, transaction_type, quantity_change, created_at, created_by',
      1,
      size,
      (index) =>
        population
          .stock(index)
          .map(({ inventoryId, warehouseId, quantity }, slot) => {
            const moment = momentText(seededRowId('seedLedger', index, shardOfId(inventoryId), slot))
            return row(inventoryId, 'restock', quantity, moment, `warehouse:${warehouseId}`)
          })
          .join(''),
      rows,
    ),
  ]
}

/** The tables of the as-written variant; amounts are decimals. */
export function asWrittenTables(population: CommercePopulation): readonly SeedTable[] {
  return [...catalogueTables(population), ...customerTables(population), ...stockTables(population)]
}
