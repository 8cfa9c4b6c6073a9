import { usageError } from '../../../core/errors.ts'
import type { Strategy, StrategyChoice } from '../../../core/workload.ts'
import type { CommerceChoice } from './services.ts'

/** What can be switched in the fixed variant. */
export const fixedStrategies: Readonly<Record<string, Strategy>> = {
  checkout: {
    description:
      'stock by conditional updates at READ COMMITTED, or the same at SERIALIZABLE with retries (E-07, E-09)',
    values: ['conditional', 'serializable'],
    default: 'conditional',
  },
}

/**
 * The strategies that a run chose, checked.
 * @throws ArchError (usage) for a value that the fixed variant does not have
 */
export function commerceChoice(choice: StrategyChoice): CommerceChoice {
  const { checkout = 'conditional' } = choice
  if (checkout !== 'conditional' && checkout !== 'serializable')
    throw usageError(`there is no strategy checkout=${checkout}`, 'Choose conditional or serializable.')
  return { checkout }
}
