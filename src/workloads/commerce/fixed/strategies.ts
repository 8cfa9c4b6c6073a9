import { usageError } from '../../../core/errors.ts'
import type { Strategy, StrategyChoice } from '../../../core/strategy.ts'
import type { CommerceChoice } from './services.ts'

const CHECKOUTS: readonly CommerceChoice['checkout'][] = ['conditional', 'serializable', 'unit-rows', 'saga']

/** What can be switched in the fixed variant. */
export const fixedStrategies: Readonly<Record<string, Strategy>> = {
  checkout: {
    description:
      'stock by conditional updates at READ COMMITTED (E-09), the same at SERIALIZABLE with retries (E-07), a row a unit of hot items, taken with SKIP LOCKED (E-43), or a saga over the shards of warehouses and customers (E-06)',
    values: CHECKOUTS,
    default: 'conditional',
  },
}

/**
 * The strategies that a run chose, checked.
 * @throws ArchError (usage) for a value that the fixed variant does not have
 */
export function commerceChoice(choice: StrategyChoice): CommerceChoice {
  const { checkout: asked = 'conditional' } = choice
  const checkout = CHECKOUTS.find((each) => each === asked)
  if (checkout === undefined)
    throw usageError(`there is no strategy checkout=${asked}`, `Choose one of ${CHECKOUTS.join(', ')}.`)
  return { checkout }
}
