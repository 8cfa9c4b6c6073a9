import type { Context } from '../../../core/operation.ts'
import { idGenerator } from '../../../core/snowflake.ts'
import type { RunningApplication } from '../../../core/workload.ts'
import type { StrategyChoice } from '../../../core/strategy.ts'
import { INVALIDATION_CHANNEL } from '../../../patterns/cache/keys.ts'
import { newLocalLayer } from '../../../patterns/cache/local-layer.ts'
import { openCache } from '../../../patterns/cache/open-cache.ts'
import type { CommerceApplication, ProductView } from '../application.ts'
import type { CommerceStores } from '../stores.ts'
import { availability } from './availability.ts'
import { browse } from './browse.ts'
import { addToCart } from './cart.ts'
import { keys } from './keys.ts'
import { listOrders, listSellerOrders, readOrder } from './orders.ts'
import { placeOrder } from './place-order.ts'
import { productCodec } from './product-codec.ts'
import { productLoader } from './product-store.ts'
import { readProduct } from './read-product.ts'
import type { Services } from './services.ts'
import {
  cancelOrder,
  capturePayment,
  deliverOrder,
  refundOrder,
  restock,
  returnItem,
  shipOrder,
} from './steps.ts'
import { commerceChoice } from './strategies.ts'
import { newGuard } from './search/breaker.ts'
import { search } from './search/search.ts'
import { updateProduct } from './update-product.ts'

/**
 * Operations that run at a time in one process (law 2): arrivals beyond wait, and their waiting counts. More than orders
 * that can wait for a connection, so that pages and searches need not wait for theirs.
 */
const SLOTS = 1_024
/** Connections for what only reads. */
const READS = 2

/** The fixed variant, running in this process. */
export interface FixedApplication extends RunningApplication {
  readonly application: CommerceApplication
  readonly services: Services
}

/** Hears from every process, this one included, what L1 must forget. */
async function listen(services: Services): Promise<void> {
  const prefix = keys.product('')
  await services.redis.subscribe(INVALIDATION_CHANNEL, (message) => {
    for (const key of message.split('\n')) {
      if (key.startsWith(prefix)) services.products.forget([key.slice(prefix.length)])
    }
  })
}

function bind(services: Services): CommerceApplication {
  const bound =
    <Request, Answer>(
      operation: (services: Services, request: Request, context: Context) => Promise<Answer>,
    ) =>
    (request: Request, context: Context): Promise<Answer> =>
      operation(services, request, context)
  return {
    readProduct: bound(readProduct),
    browse: bound(browse),
    addToCart: bound(addToCart),
    placeOrder: bound(placeOrder),
    capturePayment: bound(capturePayment),
    cancelOrder: bound(cancelOrder),
    refundOrder: bound(refundOrder),
    shipOrder: bound(shipOrder),
    deliverOrder: bound(deliverOrder),
    returnItem: bound(returnItem),
    listOrders: bound(listOrders),
    readOrder: bound(readOrder),
    restock: bound(restock),
    listSellerOrders: bound(listSellerOrders),
    updateProduct: bound(updateProduct),
    search: bound(search),
  }
}

/**
 * Opens the fixed variant over its own stores. `workerId` (0 to 63) is unique among the processes that mint ids.
 * The stores stay open when it closes: they belong to the caller.
 * @throws ArchError for an unknown strategy; OperationFailure `unavailable` when Redis does not answer
 */
export async function openFixed(
  stores: CommerceStores,
  choice: StrategyChoice,
  workerId: number,
): Promise<FixedApplication> {
  const { postgres, redis, elasticsearch } = stores
  const reads = postgres.bulkhead('reads', READS)
  const services: Services = {
    postgres,
    reads,
    redis,
    elasticsearch,
    guardSearch: newGuard(),
    ids: idGenerator(workerId),
    choice: commerceChoice(choice),
    products: openCache<ProductView>(
      redis,
      { key: keys.product, codec: productCodec, load: productLoader(reads) },
      newLocalLayer(),
    ),
    available: availability(reads),
  }
  await listen(services)
  return {
    application: bind(services),
    services,
    slots: SLOTS,
    ratios() {
      const { l1, l2 } = services.products.ratios()
      return { 'products L1': l1, 'products L2': l2 }
    },
    close: () => Promise.resolve(),
  }
}
