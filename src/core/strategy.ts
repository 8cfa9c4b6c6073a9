import type { StoreName } from './names.ts'

/** One switchable decision inside a variant: `fanout=hybrid`. */
export interface Strategy {
  readonly description: string
  readonly values: readonly string[]
  readonly default: string
  /** By value, stores that it needs beside those of the case: they are started where it is chosen, and only there. */
  readonly stores?: Readonly<Record<string, readonly StoreName[]>>
}

/** The chosen value of every strategy of a variant. */
export type StrategyChoice = Readonly<Record<string, string>>
