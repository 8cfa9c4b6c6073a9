/** What the daemon reads from its file at its start. This folder imports nothing beyond it: it runs as a copy. */
export interface Configuration {
  readonly engine: { readonly folder: string; readonly packageName: string }
  /** The engine's own directory. */
  readonly data: string
  /** Where the rows of inserts wait to be read. */
  readonly incoming: string
  readonly port: number
  readonly user: string
  readonly password: string
  /** Statements that run at once; others wait. */
  readonly concurrent: number
  /** The engine's own settings, where a statement says nothing else. */
  readonly settings: Readonly<Record<string, string | number>>
}
