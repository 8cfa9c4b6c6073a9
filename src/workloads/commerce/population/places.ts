import type { SeededRegion, SeededWarehouse } from '../population.ts'

const NAMES = ['North', 'East', 'South', 'West'] as const
const COUNT = 12

/** Warehouses that hold one product. */
export const WAREHOUSES_OF_A_PRODUCT = 4

/** Twelve warehouses, three a region, each on a shard of its own (ECM-36). */
export const WAREHOUSES: readonly SeededWarehouse[] = Array.from({ length: COUNT }, (_, index) => ({
  warehouseId: index + 1,
  region: index % NAMES.length,
  shard: (index * 21 + 7) % 256,
}))

function distance(from: number, to: number): number {
  const steps = Math.abs(from - to)
  return Math.min(steps, NAMES.length - steps)
}

/** Four regions in a ring; what is near comes first (E-11). */
export const REGIONS: readonly SeededRegion[] = NAMES.map((name, region) => ({
  region,
  name,
  taxBasisPoints: [725, 0, 1_900, 2_000][region] ?? 0,
  shippingMinor: 499,
  shippingUnitMinor: 75,
  warehouses: WAREHOUSES.toSorted(
    (one, other) =>
      distance(region, one.region) - distance(region, other.region) || one.warehouseId - other.warehouseId,
  ).map(({ warehouseId }) => warehouseId),
}))
