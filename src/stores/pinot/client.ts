import type { Cost } from '../../core/cost.ts'
import type { StoreClient } from '../../core/store.ts'

/** A value of an answer. A LONG beyond 2^53 has lost digits: ask for it as a STRING. */
export type PinotValue = string | number | boolean | null

/** What goes with a query. */
export interface PinotAsk {
  readonly cost?: Cost
  /** By which the caller gives up: `timeout`. */
  readonly signal?: AbortSignal
}

/** The two halves of a table's definition, as the controller takes them. */
export interface TableDefinition {
  /** Its `schemaName` is the table's name. */
  readonly schema: object
  /** Its `tableName` is the same. Its stream's settings may hold a password, which the controller keeps and answers. */
  readonly table: object
}

/**
 * Tables of one Pinot, and queries of them. Nothing is tried twice. Everything throws OperationFailure: `timeout` (the
 * bound or the signal), `unavailable` (no connection, no server for the table, an answer without all of its servers) or
 * `unexpected` (any other exception of Pinot); ArchError where it refuses the password.
 */
export interface PinotClient extends StoreClient {
  readonly store: 'pinot'
  /**
   * Rows as objects, by the columns' names: give computed ones a name. One round trip, counted in `cost`. A query without
   * LIMIT answers ten rows. Values go into the text: it has no parameters, so let no stranger's text in.
   */
  query<Row extends object>(text: string, ask?: PinotAsk): Promise<readonly Row[]>
  /** Makes a table that reads a topic, in place of one of its name; it can be asked when this resolves. */
  replaceTable(name: string, definition: TableDefinition): Promise<void>
  /** Drops a table with its rows and its schema; nothing happens when there is none. */
  dropTable(name: string): Promise<void>
  /** A table as it is, settings that nobody gave it included; undefined when there is none. */
  tableOf(name: string): Promise<TableDefinition | undefined>
}
