import { arrivalKey } from '../../../core/operation.ts'
import type { Operation } from '../../../core/operation.ts'
import { choose, rootOf, uniform } from '../../../patterns/traffic/draw.ts'
import type { ArrivalId } from '../../../patterns/traffic/draw.ts'
import type { CommerceApplication, ProductChange } from '../application.ts'
import { INDEX_FRESH, versionKey } from '../flows.ts'
import { rates } from '../model.ts'
import type { CommerceWorld } from '../world.ts'
import { CODE } from './code.ts'

/** A change of a product, and how its arrival is found again. */
export interface ProductUpdate {
  /** Index of the product among the seeded ones. */
  readonly product: number
  readonly productId: bigint
  readonly title: string | null
  readonly priceMinor: bigint | null
  readonly status: 'inactive' | null
  /** The key of the arrival's result: there once the change has been acknowledged. */
  readonly result: number
}

/** What an arrival of `product.update` changes, for those that name it. */
export function updateAt(world: CommerceWorld, id: ArrivalId): ProductUpdate {
  const root = rootOf(world.seed, CODE.productUpdate, id)
  const { population } = world
  const kind = uniform(root, 0)
  const takesOff = kind < 0.1
  const first = Math.floor(population.size * (takesOff ? 0.9 : 0.5))
  // Never the scarce product, which has the last rank.
  const product = population.productOfRank(first + choose(root, 1, population.size - 1 - first))
  const price = population.priceOf(product)
  return {
    product,
    productId: population.productId(product),
    title:
      takesOff || kind >= 0.7 ? null : `${population.product(product).title} edition ${choose(root, 2, 100)}`,
    priceMinor: takesOff || kind < 0.7 ? null : price + (price * BigInt(1 + choose(root, 3, 20))) / 100n,
    status: takesOff ? 'inactive' : null,
    result: arrivalKey(CODE.productUpdate, id.phase, id.stream, id.index),
  }
}

/** Products of the less wanted half change title or price; some of the least wanted tenth are taken off sale. */
export const productUpdate: Operation<CommerceApplication, CommerceWorld, ProductUpdate, ProductChange> = {
  name: 'product.update',
  claims: ['ECM-29', 'ECM-79'],
  kind: 'write',
  rate: rates['product.update'],
  targets: [],
  input: (arrival, world) => updateAt(world, arrival),
  run: (application, { productId, title, priceMinor, status }, context) =>
    application.updateProduct({ productId, title, priceMinor, status }, context),
  journal: ({ productId, title, priceMinor, status }) => ({
    product: String(productId),
    ...(title === null ? {} : { title }),
    ...(priceMinor === null ? {} : { price: String(priceMinor) }),
    ...(status === null ? {} : { status }),
  }),
  outcome: (_update, { version }) => ({ version: String(version) }),
  result: ({ result, productId }) => ({ key: result, id: productId }),
  // As written the index is told before the answer: no role sees the end of it.
  flows: ({ productId }, { version, isIndexed }) =>
    isIndexed ? undefined : { flows: [INDEX_FRESH], key: versionKey(productId, version) },
}
