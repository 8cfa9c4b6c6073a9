import { createRequire } from 'node:module'

/** A connection of the engine; opaque. */
export type Connection = unknown

/** A statement whose answer is fetched in parts; opaque. */
type Stream = unknown

/** What a statement answered, as the addon has it. */
export interface RawAnswer {
  readonly bytes: Uint8Array
  /** Seconds. */
  readonly elapsed: number
  /** Of the answer, or written where the rows of an INSERT came from a file; not what was read of tables. */
  readonly rowsRead: number
  readonly bytesRead: number
}

/** The functions that we use of ClickHouse's addon for Node (the package `@chdb/lib-<platform>`). */
export interface Addon {
  /** The first of a process opens the directory; the others share it. A second directory in one process is refused. */
  CreateConnection(path: string, args: readonly string[]): Connection
  /** Only while no statement runs on it. */
  CloseConnection(connection: Connection): void
  /** Runs on a thread of libuv's pool. Statements of one connection wait for each other. */
  QueryAsyncConnection(connection: Connection, text: string, format: string): Promise<RawAnswer>
  /** Begins a statement, and says what is wrong with its text. */
  StreamQuery(connection: Connection, text: string, format: string): Stream
  /** The next part, found on a thread of the pool. */
  StreamFetch(stream: Stream): Promise<{ readonly bytes: Uint8Array; readonly done: boolean }>
  /** Ends it, at its end too; only while nothing is fetched. */
  StreamCancel(stream: Stream): void
}

/** Loads the addon that npm put into `folder`. */
export function loadAddon(folder: string, packageName: string): Addon {
  return createRequire(`${folder}/`)(packageName) as Addon
}
