import type { StoreName } from '../core/names.ts'
import type { StrategyChoice } from '../core/strategy.ts'
import type { Variant, Workload } from '../core/workload.ts'

/** The stores of a run: those of the case or its suite, and what the chosen values of its strategies need beside them. */
export function chosenStores(
  { stores }: Pick<Workload, 'stores'>,
  { strategies }: Pick<Variant, 'strategies'>,
  choice: StrategyChoice,
): readonly StoreName[] {
  const more = Object.entries(strategies).flatMap(
    ([name, strategy]) => strategy.stores?.[choice[name] ?? strategy.default] ?? [],
  )
  return [...new Set([...stores, ...more])]
}

/** Stores that no run of a case needs but by a strategy of a variant or a suite. */
export function furtherStores({ stores, variants, suites = {} }: Workload): readonly StoreName[] {
  const strategies = [...Object.values(variants), ...Object.values(suites)].flatMap((owner) =>
    Object.values(owner.strategies ?? {}),
  )
  const named = strategies.flatMap((strategy) => Object.values(strategy.stores ?? {}).flat())
  return [...new Set(named)].filter((name) => !stores.includes(name))
}
