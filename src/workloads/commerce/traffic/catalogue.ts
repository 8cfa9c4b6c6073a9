import type { Check, Operation } from '../../../core/operation.ts'
import { choose, rootOf, uniform } from '../../../patterns/traffic/draw.ts'
import type { Changed, CommerceApplication, ProductList, ProductPage } from '../application.ts'
import { rates } from '../model.ts'
import type { CommerceWorld } from '../world.ts'
import { CODE } from './code.ts'

const PAGE = 24

interface ProductRead {
  readonly product: number
  readonly productId: bigint
}

const pageMatches: Check<ProductRead, ProductPage, CommerceWorld> = {
  name: 'product.page-matches',
  claims: ['ECM-12'],
  defects: [],
  check({ productId }, { product, unitsAvailable }) {
    if (product.productId !== productId)
      return { message: `asked for ${productId}, got ${product.productId}` }
    if (unitsAvailable < 0) return { message: `${unitsAvailable} units of ${productId} are available` }
    return product.imageUrls.length > 0 ? true : { message: `${productId} has no image` }
  },
}

/** A product's page, by popularity (ECM-06). */
export const productRead: Operation<CommerceApplication, CommerceWorld, ProductRead, ProductPage> = {
  name: 'product.read',
  claims: ['ECM-06', 'ECM-12'],
  kind: 'read',
  rate: rates['product.read'],
  targets: [{ percentile: 99, belowMs: 200, claims: ['ECM-06'] }],
  // Products that were taken off sale in this run.
  refusalShare: [0, 0.005],
  checks: [pageMatches],
  input(arrival, world) {
    const product = world.wantedProduct(uniform(rootOf(world.seed, CODE.productRead, arrival), 0))
    return { product, productId: world.population.productId(product) }
  },
  run: (application, { productId }, context) => application.readProduct({ productId }, context),
}

interface Browse {
  readonly categoryId: number
  readonly brand: string | undefined
}

const listed: Check<Browse, ProductList, CommerceWorld> = {
  name: 'category.browse-matches',
  claims: ['ECM-15', 'ECM-24'],
  defects: ['E-05'],
  check({ categoryId, brand }, { products }) {
    const stranger = products.find(
      (product) => product.categoryId !== categoryId || (brand !== undefined && product.brand !== brand),
    )
    return stranger === undefined
      ? true
      : { message: `${stranger.productId} of category ${stranger.categoryId} is listed in ${categoryId}` }
  },
}

/** The cheapest products of a category, half of the time of one brand (ECM-15, ECM-24). */
export const categoryBrowse: Operation<CommerceApplication, CommerceWorld, Browse, ProductList> = {
  name: 'category.browse',
  claims: ['ECM-15', 'ECM-24'],
  kind: 'read',
  rate: rates['category.browse'],
  targets: [],
  checks: [listed],
  input(arrival, world) {
    const root = rootOf(world.seed, CODE.categoryBrowse, arrival)
    const { categoryId, brand } = world.population.product(world.wantedProduct(uniform(root, 0)))
    return { categoryId, brand: uniform(root, 1) < 0.5 ? brand : undefined }
  },
  run: (application, { categoryId, brand }, context) =>
    application.browse(
      {
        filters: { categoryId, ...(brand === undefined ? {} : { brand }) },
        after: undefined,
        limit: PAGE,
      },
      context,
    ),
}

interface CartAdd {
  readonly customerId: bigint
  readonly productId: bigint
  readonly quantity: number
}

/** A product goes into a cart: wanted, not held (E-12). */
export const cartAdd: Operation<CommerceApplication, CommerceWorld, CartAdd, Changed> = {
  name: 'cart.add',
  claims: ['ECM-38'],
  kind: 'write',
  rate: rates['cart.add'],
  targets: [],
  refusalShare: [0, 0.005],
  input(arrival, world) {
    const root = rootOf(world.seed, CODE.cartAdd, arrival)
    return {
      customerId: world.population.customerId(world.customer(uniform(root, 0))),
      productId: world.population.productId(world.wantedProduct(uniform(root, 1))),
      quantity: 1 + choose(root, 2, 2),
    }
  },
  run: (application, request, context) => application.addToCart(request, context),
  journal: ({ customerId, productId, quantity }) => ({
    customer: String(customerId),
    product: String(productId),
    quantity,
  }),
}

interface Restock {
  readonly productId: bigint
  readonly warehouseId: number
  readonly quantity: number
}

/** New units arrive in a warehouse (ECM-43). */
export const stockAdd: Operation<CommerceApplication, CommerceWorld, Restock, Changed> = {
  name: 'stock.add',
  claims: ['ECM-13', 'ECM-43'],
  kind: 'write',
  rate: rates['stock.add'],
  targets: [],
  input(arrival, world) {
    const root = rootOf(world.seed, CODE.stockAdd, arrival)
    const product = world.wantedProduct(uniform(root, 0))
    const stock = world.population.stock(product)
    return {
      productId: world.population.productId(product),
      warehouseId: stock[choose(root, 1, stock.length)]?.warehouseId ?? 1,
      quantity: 10 + choose(root, 2, 50),
    }
  },
  run: (application, request, context) => application.restock(request, context),
  journal: ({ productId, warehouseId, quantity }) => ({
    product: String(productId),
    warehouse: warehouseId,
    quantity,
  }),
}
