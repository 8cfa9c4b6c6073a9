/** A seeded product. All of it is a pure function of (seed, index). */
export interface SeededProduct {
  readonly index: number
  readonly productId: bigint
  readonly seller: number
  readonly title: string
  readonly description: string
  readonly brand: string
  readonly categoryId: number
  readonly subcategoryId: number
  readonly priceMinor: bigint
  readonly currency: string
  readonly attributes: Readonly<Record<string, string | number>>
  readonly imageUrls: readonly string[]
  /** One for each review: who, and 1 to 5. */
  readonly reviews: readonly { readonly customer: number; readonly rating: number }[]
}

/** Stock of a product in one of its warehouses. */
export interface SeededStock {
  readonly inventoryId: bigint
  readonly warehouseId: number
  readonly quantity: number
}

export interface SeededWarehouse {
  readonly warehouseId: number
  readonly region: number
  readonly shard: number
}

/** Where parcels go: what they cost, and the warehouses, nearest first. Amounts in minor units, tax in basis points. */
export interface SeededRegion {
  readonly region: number
  readonly name: string
  readonly taxBasisPoints: number
  readonly shippingMinor: number
  readonly shippingUnitMinor: number
  readonly warehouses: readonly number[]
}

/** The catalogue, customers and warehouses of a run; rows are made on demand. */
export interface CommercePopulation {
  /** Products; there are as many customers. */
  readonly size: number
  product(index: number): SeededProduct
  productId(index: number): bigint
  /** The index of a seeded product, or undefined. */
  indexOfProduct(productId: bigint): number | undefined
  priceOf(index: number): bigint
  categoryOf(index: number): number
  /** The product of a popularity rank, 0 the most wanted. */
  productOfRank(rank: number): number
  /** The popularity rank of a product. */
  rankOf(index: number): number
  /** A product that the traffic of most profiles leaves alone, with little stock: what `sellout` asks for. */
  readonly scarce: number
  stock(index: number): readonly SeededStock[]
  customerId(index: number): bigint
  indexOfCustomer(customerId: bigint): number | undefined
  customerName(index: number): string
  /** The customer's own address, and the region that it lies in. */
  addressId(index: number): bigint
  regionOf(index: number): number
  readonly sellers: number
  sellerId(seller: number): bigint
  sellerName(seller: number): string
  readonly warehouses: readonly SeededWarehouse[]
  readonly regions: readonly SeededRegion[]
  readonly categories: readonly { readonly categoryId: number; readonly name: string }[]
  /** The newest millisecond of the seeded past: seeded ids are older than every id that a run makes. */
  readonly endMs: number
}
