/** One thing that was looked at. A `warning` keeps nothing from working; a `problem` does. */
export interface Check {
  readonly name: string
  readonly state: 'ok' | 'warning' | 'problem'
  readonly found: string
  /** What to do about it; absent when all is well. */
  readonly remedy?: string
  /** True when `--fix` mended it. */
  readonly fixed?: boolean
}
