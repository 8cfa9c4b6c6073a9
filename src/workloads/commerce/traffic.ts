import { erase } from '../../core/operation.ts'
import type { AnyOperation } from '../../core/operation.ts'
import { cartAdd, categoryBrowse, productRead, stockAdd } from './traffic/catalogue.ts'
import { orderMistake } from './traffic/order-mistake.ts'
import { orderPlace } from './traffic/order-place.ts'
import { orderList, orderRead, sellerOrders } from './traffic/order-reads.ts'
import { productUpdate } from './traffic/product-update.ts'
import { searchQuery } from './traffic/search.ts'
import {
  itemReturn,
  orderCancel,
  orderDeliver,
  orderRefund,
  orderShip,
  paymentCapture,
} from './traffic/order-steps.ts'

/** Everything that the commerce application does, and the traffic that does it. */
export const commerceOperations: readonly AnyOperation[] = [
  erase(orderPlace),
  erase(productRead),
  erase(searchQuery),
  erase(categoryBrowse),
  erase(cartAdd),
  erase(orderList),
  erase(orderRead),
  erase(paymentCapture),
  erase(orderCancel),
  erase(orderRefund),
  erase(orderShip),
  erase(orderDeliver),
  erase(itemReturn),
  erase(stockAdd),
  erase(sellerOrders),
  erase(productUpdate),
  erase(orderMistake),
]
