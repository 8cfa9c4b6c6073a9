import DataLoader from 'dataloader'
import { addCost, newCost } from '../core/cost.ts'
import type { Cost } from '../core/cost.ts'

interface Asked<Item> {
  readonly item: Item
  readonly cost: Cost
}

/** How many questions are on their way at a time, and how many items one of them holds at most. */
export interface TogetherLimits {
  readonly inFlight: number
  readonly atOnce: number
}

/**
 * Asks one question for all items that come while the ones before are on their way: one round trip, one commit. An idle
 * store is asked at once, a busy one is asked for more at a time, so that an item costs the less the more there are.
 * Each item's cost gets the round trip, which it waited for, and its share of the rest.
 * @returns a function that answers one item, and rejects with whatever `ask` threw
 */
export function together<Item, Answer>(
  ask: (items: readonly Item[], cost: Cost) => Promise<readonly Answer[]>,
  limits: TogetherLimits,
): (item: Item, cost: Cost) => Promise<Answer> {
  let free = limits.inFlight
  const waiting: (() => void)[] = []

  /** The turn of the event loop ends first: what it brings in is asked in one. */
  function schedule(dispatch: () => void): void {
    setImmediate(() => {
      if (free === 0) {
        waiting.push(dispatch)
        return
      }
      free -= 1
      dispatch()
    })
  }

  async function answer(asked: readonly Asked<Item>[]): Promise<readonly Answer[]> {
    const cost = newCost()
    try {
      return await ask(
        asked.map(({ item }) => item),
        cost,
      )
    } finally {
      for (const each of asked) addCost(each.cost, cost, asked.length)
      const next = waiting.shift()
      if (next === undefined) free += 1
      else next()
    }
  }

  const loader = new DataLoader<Asked<Item>, Answer>(answer, {
    cache: false,
    maxBatchSize: limits.atOnce,
    batchScheduleFn: schedule,
  })
  return (item, cost) => loader.load({ item, cost })
}
