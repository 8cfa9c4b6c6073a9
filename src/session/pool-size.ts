import type { Variant } from '../core/workload.ts'

/**
 * Connections of a load worker's pool: the variant's own number, else two for each core that its stores share with it,
 * 4 to 16. More only take turns: on two cores a closed loop of 128 against the fixed variant reached 7.4K to 7.9K
 * operations/s with 4, 7.1K with 6, 7.0K with 8 and 5.9K with 16 (single runs).
 */
export function poolSizeOf(variant: Pick<Variant, 'poolSize'>, cores: number): number {
  return variant.poolSize ?? Math.min(16, Math.max(4, 2 * cores))
}
