import type { Context } from '../../core/operation.ts'

/** What a product's page shows of the product itself. Money is in minor units of `currency` (E-48). */
export interface ProductView {
  readonly productId: bigint
  readonly sellerId: bigint
  readonly sellerName: string
  readonly title: string
  readonly description: string
  readonly brand: string
  readonly categoryId: number
  readonly priceMinor: bigint
  readonly currency: string
  readonly imageUrls: readonly string[]
  /** Sum and number of the ratings, 1 to 5 each (ECM-80). */
  readonly ratingSum: number
  readonly reviewCount: number
  /** Grows with each update of the row. */
  readonly version: bigint
}

/** A product's page: the product, and the units that can be ordered, at most two seconds old. */
export interface ProductPage {
  readonly product: ProductView
  readonly unitsAvailable: number
}

/** A line that a customer asks for, at the price that was seen. */
export interface OrderLine {
  readonly productId: bigint
  readonly quantity: number
  readonly seenPriceMinor: bigint
}

/** What an order is placed with. */
export interface OrderRequest {
  readonly customerId: bigint
  /** The same key with the same request gets the first answer again (E-21). */
  readonly key: string
  readonly addressId: bigint
  readonly currency: string
  readonly lines: readonly OrderLine[]
}

/** The answer to an order: ECM-75. */
export interface PlacedOrder {
  readonly orderId: bigint
  readonly orderNumber: string
  readonly totalMinor: bigint
  readonly currency: string
  /** True when this answers a key that had been used before. */
  readonly replayed: boolean
}

export interface OrderItemView {
  readonly lineNumber: number
  readonly productId: bigint
  readonly title: string
  readonly quantity: number
  readonly unitPriceMinor: bigint
  readonly subtotalMinor: bigint
  readonly status: string
}

export interface OrderView {
  readonly orderId: bigint
  readonly orderNumber: string
  readonly status: string
  readonly paymentStatus: string
  readonly subtotalMinor: bigint
  readonly taxMinor: bigint
  readonly shippingMinor: bigint
  readonly discountMinor: bigint
  readonly totalMinor: bigint
  readonly currency: string
  readonly items: readonly OrderItemView[]
}

/** A page of orders, newest first; `next` is the cursor of the page after it. */
export interface OrderPage {
  readonly orders: readonly OrderView[]
  readonly next: bigint | undefined
}

export interface SellerOrder {
  readonly orderId: bigint
  readonly units: number
  readonly subtotalMinor: bigint
  readonly status: string
}

/** What a listing narrows down to; bounds are inclusive (ECM-87). */
export interface ProductFilters {
  readonly categoryId?: number
  readonly brand?: string
  readonly priceMinMinor?: bigint
  readonly priceMaxMinor?: bigint
}

/** A page of products; `next` is an opaque cursor. */
export interface ProductList {
  readonly products: readonly ProductView[]
  readonly next: string | undefined
}

/** A page of search results, best first. */
export interface SearchPage extends ProductList {
  readonly total: number
  /** Whether `total` is exact or a lower bound (E-38). */
  readonly relation: 'eq' | 'gte'
  /** True when PostgreSQL answered in the place of Elasticsearch (ECM-92, E-41). */
  readonly degraded: boolean
}

/** A change of a product; `isIndexed`: the search index has been told. */
export interface ProductChange {
  readonly version: bigint
  readonly isIndexed: boolean
}

/** Whether a step changed anything; a repeated one does not. */
export interface Changed {
  readonly changed: boolean
}

/**
 * What the commerce application does, whoever drives it and in whichever variant. Every method may throw a `Refusal` with
 * the reason that its comment names, or an `OperationFailure`. An id that cannot be one is refused as an unknown one is.
 */
export interface CommerceApplication {
  /** Refusals: `unknown-product`. */
  readProduct(request: { productId: bigint }, context: Context): Promise<ProductPage>
  /** Products of a category, by price. Refusals: `bad-filter`, `bad-cursor`, `invalid-limit`. */
  browse(
    request: { filters: ProductFilters & { categoryId: number }; after: string | undefined; limit: number },
    context: Context,
  ): Promise<ProductList>
  /** Sets the quantity of a product in a cart; nothing is held for it (E-12). Refusals: `invalid-quantity`, `unknown-product`. */
  addToCart(
    request: { customerId: bigint; productId: bigint; quantity: number },
    context: Context,
  ): Promise<Changed>
  /**
   * Refusals: `no-lines`, `too-many-lines`, `invalid-quantity`, `invalid-key`, `unknown-address`, `unknown-product`,
   * `inactive-product`, `mixed-currencies`, `wrong-currency`, `price-changed`, `total-too-large`, `out-of-stock`,
   * `in-progress`, `key-reused`.
   */
  placeOrder(request: OrderRequest, context: Context): Promise<PlacedOrder>
  /** Refusals: `unknown-order`, `cancelled`. */
  capturePayment(request: { orderId: bigint }, context: Context): Promise<Changed>
  /** Refusals: `unknown-order`, `too-late`. */
  cancelOrder(request: { customerId: bigint; orderId: bigint }, context: Context): Promise<Changed>
  /** Refusals: `unknown-order`, `not-paid`, `not-returned`. */
  refundOrder(request: { orderId: bigint }, context: Context): Promise<Changed>
  /** Refusals: `unknown-order`, `not-confirmed`, `invalid-tracking-number`. */
  shipOrder(request: { orderId: bigint; trackingNumber: string }, context: Context): Promise<Changed>
  /** Refusals: `unknown-order`, `not-shipped`. */
  deliverOrder(request: { orderId: bigint }, context: Context): Promise<Changed>
  /** Refusals: `unknown-order`, `not-delivered`. */
  returnItem(
    request: { customerId: bigint; orderId: bigint; lineNumber: number },
    context: Context,
  ): Promise<Changed>
  /** Refusals: `invalid-limit`, `bad-cursor`. */
  listOrders(
    request: { customerId: bigint; before: bigint | undefined; limit: number },
    context: Context,
  ): Promise<OrderPage>
  /** Refusals: `unknown-order`, also for an order of somebody else. */
  readOrder(request: { customerId: bigint; orderId: bigint }, context: Context): Promise<OrderView>
  /** Refusals: `invalid-quantity`, `unknown-stock`. */
  restock(
    request: { productId: bigint; warehouseId: number; quantity: number },
    context: Context,
  ): Promise<Changed>
  /** From the read model that Kafka feeds (E-45), newest first. Refusals: `invalid-limit`, `bad-cursor`. */
  listSellerOrders(
    request: { sellerId: bigint; before: bigint | undefined; limit: number },
    context: Context,
  ): Promise<{ readonly orders: readonly SellerOrder[]; readonly next: bigint | undefined }>
  /**
   * Changes a product. Answers its new version, and whether the index has been told of it; else it follows. Refusals:
   * `unknown-product`, `invalid-price`, `invalid-title`.
   */
  updateProduct(
    request: {
      productId: bigint
      title: string | null
      priceMinor: bigint | null
      status: 'active' | 'inactive' | 'deleted' | null
    },
    context: Context,
  ): Promise<ProductChange>
  /** Refusals: `bad-query`, `bad-filter`, `bad-cursor`. */
  search(
    request: { query: string; filters: ProductFilters; after: string | undefined; limit: number },
    context: Context,
  ): Promise<SearchPage>
}
