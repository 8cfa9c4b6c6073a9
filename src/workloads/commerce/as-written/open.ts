import { bulkhead } from 'cockatiel'
import type { Context } from '../../../core/operation.ts'
import { idGenerator } from '../../../core/snowflake.ts'
import type { RunningApplication } from '../../../core/workload.ts'
import type { CommerceApplication } from '../application.ts'
import type { CommerceStores } from '../stores.ts'
import { listOrders, listSellerOrders, readOrder } from './orders.ts'
import { placeOrder } from './place-order.ts'
import { browse, readProduct, updateProduct } from './products.ts'
import { searchProducts } from './search-products.ts'
import type { Services } from './services.ts'
import { cancelOrder, capturePayment, deliverOrder, refundOrder, returnItem, shipOrder } from './steps.ts'
import { addToCart, restock } from './stock.ts'

/** An as-written application in this process. */
interface RunningAsWritten extends RunningApplication {
  readonly application: CommerceApplication
}

/** Operations that may run at a time in one process, as in the fixed variant. */
const SLOTS = 64
/**
 * Connections of a process. The text opens one for each order, and says nothing of those that it reads products with: as
 * many again.
 */
export const CONNECTIONS = 20
/** Each order holds a connection while it reads on another one: with all of them held, all would wait for each other. */
const CHECKOUTS = CONNECTIONS / 2

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
    search: bound(searchProducts),
  }
}

/**
 * Opens the text's own application on its own stores. `worker` (0 to 63) is unique among the processes that mint ids.
 * The stores stay open when it closes: they belong to the caller.
 */
export function openAsWritten(stores: CommerceStores, worker: number): RunningAsWritten {
  const { postgres, elasticsearch, kafka } = stores
  const checkouts = bulkhead(CHECKOUTS, Infinity)
  const services: Services = { postgres, elasticsearch, kafka, ids: idGenerator(worker), checkouts }
  return {
    application: bind(services),
    slots: SLOTS,
    ratios: () => ({}),
    close: () => Promise.resolve(),
  }
}
