/** One table of a template: what to copy into it, and how many rows that will be. */
export interface SeedTable {
  readonly name: string
  /** The columns of each row, as for COPY. */
  readonly columns: string
  readonly rows: number
  /** Filled after the tables of lower stages: rows may refer to theirs. */
  readonly stage: number
  /** What empties the table where a plain TRUNCATE is not allowed: an append-only ledger (E-18). */
  readonly empty?: string
  /** Rows in the text format of COPY, made on demand. */
  generate(): Iterable<string>
}
