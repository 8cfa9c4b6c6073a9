import { deriveSeed, permute, zipfSampler } from '../../core/random.ts'
import type { Pace, Results } from '../../core/operation.ts'
import type { OperationName } from '../../core/names.ts'
import type { Population } from '../../core/population.ts'
import { skew } from './model.ts'
import { buildPopulation } from './population/build.ts'
import type { CommercePopulation } from './population.ts'

/** What the traffic and the checks of the commerce case draw on; made once per worker. Pure but for `results`. */
export interface CommerceWorld {
  /** The root of all choices of the traffic. */
  readonly seed: number
  readonly population: CommercePopulation
  /** A product by popularity; never the scarce one. @param uniform a number in [0, 1) */
  wantedProduct(uniform: number): number
  /** A customer by how often they come. */
  customer(uniform: number): number
  readonly results: Results
  readonly pace: Pace
  /** How often something stood in for the result of an earlier arrival, by operation (law 7). */
  readonly standIns: Record<OperationName, number>
}

/** Builds the world of one worker from the seeded population. */
export function commerceWorld(
  seed: number,
  population: Population,
  results: Results,
  pace: Pace,
  standIns: Record<OperationName, number> = {},
): CommerceWorld {
  const seeded = buildPopulation(population)
  const traffic = deriveSeed(seed, 'traffic')
  // The last rank is the scarce product's.
  const demand = zipfSampler(seeded.size - 1, skew.products.value)
  const comers = zipfSampler(seeded.size, skew.customers.value)
  const order = deriveSeed(traffic, 'customers')
  return {
    seed: traffic,
    population: seeded,
    wantedProduct: (uniform) => seeded.productOfRank(demand.rank(uniform)),
    customer: (uniform) => permute(comers.rank(uniform), seeded.size, order),
    results,
    pace,
    standIns,
  }
}

/** Counts that something stood in for the result of an earlier arrival. */
export function countStandIn(world: CommerceWorld, operation: OperationName): void {
  world.standIns[operation] = (world.standIns[operation] ?? 0) + 1
}
