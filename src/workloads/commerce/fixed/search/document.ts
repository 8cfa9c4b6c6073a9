/** What the index holds of a product: schemas/commerce/elasticsearch.json. Ids are strings, money whole (E-34). */
export interface ProductDocument {
  readonly product_id: string
  readonly title: string
  readonly description: string
  readonly brand: string
  readonly category: number
  readonly price_minor: bigint
  readonly currency: string
  /** The mean, 0 without reviews. */
  readonly rating: number
  readonly review_count: number
  readonly created_at: string
}

/** The mean rating, 0 without reviews. */
export function meanRating(sum: number, count: number): number {
  return count === 0 ? 0 : sum / count
}
