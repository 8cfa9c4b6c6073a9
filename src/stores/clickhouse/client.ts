import type { Cost } from '../../core/cost.ts'
import type { StoreClient } from '../../core/store.ts'

/** A value of a `{name:Type}` parameter. A Date is its moment in UTC, to the millisecond. */
export type ClickHouseValue = string | number | bigint | boolean | Date | null | readonly ClickHouseValue[]

/** Settings of one statement, by their ClickHouse names; a switch is 0 or 1. */
export type ClickHouseSettings = Readonly<Record<string, string | number>>

/** What goes with a statement. */
export interface ClickHouseAsk {
  /** Values of the `{name:Type}` parameters of the text. */
  readonly parameters?: Readonly<Record<string, ClickHouseValue>>
  /** `max_execution_time` (seconds, 0 for no bound) takes the place of the client's own bound. */
  readonly settings?: ClickHouseSettings
  readonly cost?: Cost
  /** By which the caller gives up: `timeout`. What the server does by then may be done all the same. */
  readonly signal?: AbortSignal
}

/** What goes with appended rows. */
export interface ClickHouseInsert extends Omit<ClickHouseAsk, 'parameters'> {
  /** The columns that the rows hold, in their order; default all of the table's. */
  readonly columns?: readonly string[]
}

export interface QueryAnswer<Row> {
  readonly rows: readonly Row[]
  /** Rows and bytes (uncompressed) that the engine read for the answer. */
  readonly rowsRead: number
  readonly bytesRead: number
  /** By the engine's own clock. */
  readonly elapsedMs: number
}

/** Formats of rows that go to the engine as they are. */
export type InsertFormat = 'JSONEachRow' | 'JSONCompactEachRow' | 'RowBinary' | 'Native'

/**
 * One database of one server, over HTTP. Nothing is tried twice. Everything throws OperationFailure: `timeout` (the
 * bound or the signal), `unavailable` (no connection, or the server has no room for now: memory, disk, parts, queries)
 * or `unexpected` (any other exception of the server); `exceptionCode` of failures.ts says which exception it was.
 * ArchError where the server refuses the password or the right.
 */
export interface ClickHouseClient extends StoreClient {
  readonly store: 'clickhouse'
  /** The same server through another database, closed with this client; the same name gives the same client. */
  withDatabase(database: string): ClickHouseClient
  /**
   * One statement that answers no rows (DDL, INSERT ... SELECT, OPTIMIZE). Constant text only; values go as
   * `{name:Type}` parameters.
   */
  command(text: string, ask?: ClickHouseAsk): Promise<void>
  /**
   * Rows as objects, with 64-bit integers and wider as decimal strings (law 9). The text has no FORMAT.
   * One round trip, counted in `cost`.
   */
  query<Row extends object>(text: string, ask?: ClickHouseAsk): Promise<QueryAnswer<Row>>
  /**
   * Appends bytes that are already in `format` to `table`, unparsed; resolves when the engine acknowledged. Up to
   * `min_insert_block_size_rows` rows (1,048,449) of one partition are one block: all of them, or none. `rows` of the
   * cost are those written.
   */
  insert(
    table: string,
    format: InsertFormat,
    body: Buffer | readonly Buffer[],
    ask?: ClickHouseInsert,
  ): Promise<void>
  databaseExists(database: string): Promise<boolean>
  /** @throws OperationFailure (code 82) where it exists */
  createDatabase(database: string): Promise<void>
  /** Drops a database with its tables, at once; nothing happens when there is none. */
  dropDatabase(database: string): Promise<void>
  /** Tables and views of this database, in alphabetical order. */
  tableNames(): Promise<readonly string[]>
}
