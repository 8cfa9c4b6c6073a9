/** The seeded data: how much of it, and from which seed. A pure function of both. */
export interface Population {
  readonly seed: number
  /** The size that `--population` sets (users, products, events, accounts). */
  readonly size: number
}

/** Called while a long step goes on; `total` may be unknown (undefined). */
export type Progress = (step: string, done: number, total: number | undefined, unit: string) => void

/** What a step did, for the progress line: `changed` false means that all was there already. */
export interface StepReport {
  readonly changed: boolean
  readonly summary: string
}
