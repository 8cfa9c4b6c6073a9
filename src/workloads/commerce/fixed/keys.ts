/**
 * The Redis keys of the fixed variant. All of it is derived data: rebuilt from PostgreSQL when it is gone.
 *
 * - `product:{product}`: versioned encoding, or a short-lived negative entry.
 */
export const keys = {
  product: (product: bigint | string): string => `product:${product}`,
} as const
