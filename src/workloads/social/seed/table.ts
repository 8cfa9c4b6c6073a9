/** One table of a template: what to copy into it, and how many rows that will be. */
export interface SeedTable {
  readonly name: string
  /** The columns of each row, as for COPY. */
  readonly columns: string
  readonly rows: number
  /** Rows in the text format of COPY, made on demand. */
  generate(): Iterable<string>
}
