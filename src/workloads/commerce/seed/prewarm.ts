import { random01 } from '../../../core/random.ts'
import { jitteredTtl } from '../../../patterns/cache/fill.ts'
import type { RedisCommand } from '../../../stores/redis/client.ts'
import { keys } from '../fixed/keys.ts'
import { productCodec } from '../fixed/product-codec.ts'
import type { CommercePopulation } from '../population.ts'

/** What Redis holds of the fixed variant in a system that has been running: every product of the catalogue. */
export function* fixedPrewarm(population: CommercePopulation): Generator<RedisCommand> {
  for (let index = 0; index < population.size; index += 1) {
    const product = population.product(index)
    const text = productCodec.encode({
      productId: product.productId,
      sellerId: population.sellerId(product.seller),
      sellerName: population.sellerName(product.seller),
      title: product.title,
      description: product.description,
      brand: product.brand,
      categoryId: product.categoryId,
      priceMinor: product.priceMinor,
      currency: product.currency,
      imageUrls: product.imageUrls,
      ratingSum: product.reviews.reduce((sum, review) => sum + review.rating, 0),
      reviewCount: product.reviews.length,
      version: 1n,
    })
    yield ['set', keys.product(product.productId), text, 'PX', jitteredTtl(random01(0, index))]
  }
}
