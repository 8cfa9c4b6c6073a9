import { Refusal } from '../../../core/errors.ts'
import type { Context } from '../../../core/operation.ts'
import type { ProductPage } from '../application.ts'
import { demandId } from './bounds.ts'
import type { Services } from './services.ts'

/**
 * A product's page: product, images, seller and rating from the cache, units at most two seconds old (ECM-06, ECM-12).
 * @throws Refusal `unknown-product`, also for one that is not active (ECM-28)
 */
export async function readProduct(
  services: Services,
  request: { productId: bigint },
  context: Context,
): Promise<ProductPage> {
  const { productId } = request
  demandId(productId, 'unknown-product')
  const [product, unitsAvailable] = await Promise.all([
    services.products.get(productId.toString(), context.cost),
    services.available(productId, context.cost),
  ])
  if (product === undefined) throw new Refusal('unknown-product')
  return { product, unitsAvailable }
}
