import type { Codec } from '../../../patterns/cache/codec.ts'
import type { ProductView } from '../application.ts'

const VERSION = '1'

/** As JSON: ids, money and versions as decimal strings (X-04, E-48). */
type Fields = {
  readonly [Key in keyof ProductView]: ProductView[Key] extends bigint ? string : ProductView[Key]
}

/** Products: a version byte, then JSON with ids and money as decimal strings. */
export const productCodec: Codec<ProductView> = {
  encode(product) {
    const fields: Fields = {
      ...product,
      productId: product.productId.toString(),
      sellerId: product.sellerId.toString(),
      priceMinor: product.priceMinor.toString(),
      version: product.version.toString(),
    }
    return VERSION + JSON.stringify(fields)
  },
  decode(text) {
    if (!text.startsWith(VERSION)) return undefined
    const fields = JSON.parse(text.slice(1)) as Fields
    return {
      ...fields,
      productId: BigInt(fields.productId),
      sellerId: BigInt(fields.sellerId),
      priceMinor: BigInt(fields.priceMinor),
      version: BigInt(fields.version),
    }
  },
}
