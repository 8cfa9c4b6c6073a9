/** One switchable decision inside a variant: `fanout=hybrid`. */
export interface Strategy {
  readonly description: string
  readonly values: readonly string[]
  readonly default: string
}

/** The chosen value of every strategy of a variant. */
export type StrategyChoice = Readonly<Record<string, string>>
