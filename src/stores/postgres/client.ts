import type { Cost } from '../../core/cost.ts'
import type { StoreClient } from '../../core/store.ts'

/** A statement that is prepared once per connection under its name. `int8` columns answer `bigint`, `int8[]` `bigint[]`. */
export interface Statement {
  readonly name: string
  readonly text: string
}

export type SqlScalar = string | number | bigint | boolean | null | Date
export type SqlValue = SqlScalar | readonly SqlScalar[] | Buffer

/** Runs statements: a pool, or one transaction of it. */
export interface PostgresQueries {
  /**
   * One prepared statement, one round trip, counted in `cost`.
   * @throws OperationFailure `conflict` (40001, 40P01), `timeout` (57014, 55P03), `unavailable` (lost connection);
   *   other errors of the server pass through as `DatabaseError` with their SQLSTATE in `code`
   */
  query<Row extends object>(statement: Statement, values?: readonly SqlValue[], cost?: Cost): Promise<Row[]>
  /** SQL text of one or more statements over the simple protocol: provisioning only. */
  execute(text: string): Promise<void>
}

export interface PostgresClient extends StoreClient, PostgresQueries {
  readonly store: 'postgres'
  /** Runs `work` between BEGIN and COMMIT on one connection; rolls back when it throws. */
  transaction<Result>(work: (queries: PostgresQueries) => Promise<Result>, begin?: string): Promise<Result>
  /** Streams `COPY ... FROM STDIN`; answers the number of rows. Chunks need not end at a row. */
  copyIn(text: string, chunks: AsyncIterable<string | Buffer> | Iterable<string | Buffer>): Promise<number>
  /** Another database of the same server with a pool of its own, closed with this client. The same name gives the same client. */
  withDatabase(database: string): PostgresClient
  /**
   * The same database over a pool of its own of `connections`, closed with this client: what waits for a connection
   * of one pool holds up nothing that uses another. The same name gives the same pool.
   */
  bulkhead(name: string, connections: number): PostgresQueries
  databaseExists(database: string): Promise<boolean>
  /** Creates a database, as a file copy of `template` where one is given. Ends other sessions on the template first. */
  createDatabase(database: string, template?: string): Promise<void>
  /** Drops a database with the sessions on it; nothing happens when there is none. */
  dropDatabase(database: string): Promise<void>
  renameDatabase(from: string, to: string): Promise<void>
}
