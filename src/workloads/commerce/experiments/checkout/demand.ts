import type { Named, Trial } from '../../../../core/experiment.ts'
import { deriveSeed, random01, randomBelow, zipfSampler } from '../../../../core/random.ts'
import type { OrderRequest } from '../../application.ts'
import type { CommercePopulation } from '../../population.ts'

/** What orders ask for, by name: B.0 of the defects, and an item that runs out. */
export const PATTERNS: readonly Named[] = [
  { name: 'uniform', description: 'every product is wanted as much as any other' },
  { name: 'zipf', description: "demand by Zipf's law, exponent 1.0" },
  { name: 'hot', description: 'one item, with plenty of units, in every cart beside two of any' },
  { name: 'sellout', description: 'one item, with 1,000 units, in every cart beside two of any' },
]

const LINES = 3
const ZIPF = 1
const ATTEMPTS = 100

/** The order that a client places as its nth in a trial: a pure function of both; the same for all rows of a round. */
export type Demand = (client: number, number: number) => OrderRequest

/** What a trial asks for: three units of three products an order, in an order that is not that of their ids. */
export function demandOf(population: CommercePopulation, trial: Trial): Demand {
  const { pattern, round, seed, perClient } = trial
  const root = deriveSeed(deriveSeed(seed, `checkout ${pattern}`), `round ${round}`)
  // The last rank is the scarce product's.
  const others = population.size - 1
  const zipf = zipfSampler(others, ZIPF)
  const wanted = (order: number, attempt: number): number => {
    const uniform = random01(root, order, attempt)
    return population.productOfRank(pattern === 'zipf' ? zipf.rank(uniform) : Math.floor(uniform * others))
  }
  const shared = { hot: population.productOfRank(0), sellout: population.scarce }[pattern]
  return (client, number) => {
    const order = client * perClient + number
    const products = new Set<number>(shared === undefined ? [] : [shared])
    for (let attempt = 0; products.size < LINES && attempt < ATTEMPTS; attempt += 1)
      products.add(wanted(order, attempt))
    const customer = randomBelow(population.size, root, order, ATTEMPTS + 1)
    const turn = randomBelow(LINES, root, order, ATTEMPTS + 2)
    const cart = [...products]
    return {
      customerId: population.customerId(customer),
      addressId: population.addressId(customer),
      key: `${pattern}-${round}-${order}`,
      currency: 'USD',
      lines: [...cart.slice(turn), ...cart.slice(0, turn)].map((product) => ({
        productId: population.productId(product),
        quantity: 1,
        seenPriceMinor: population.priceOf(product),
      })),
    }
  }
}
