import type { Cost } from '../../core/cost.ts'
import type { StoreClient } from '../../core/store.ts'

/**
 * A statement of constant text with `?` for its values, prepared once for each connection pool.
 * `idempotent` says whether running it twice leaves what running it once leaves: only such a one is tried on another
 * node, once, when a connection breaks under it. Counters, appends to lists, `now()` and conditions (IF) are not.
 */
export interface CassandraStatement {
  readonly text: string
  readonly idempotent: boolean
}

/**
 * A value as it is bound and as it comes back: `bigint` for bigint, counter and varint; `number` for int, smallint,
 * tinyint, double and float; `Date` for timestamp; `string` for text, uuid and timeuuid (lower case), date, time, inet
 * and decimal; `Uint8Array` for blob; an array for list, `Set` for set, `Map` for map.
 */
export type CassandraValue =
  | string
  | number
  | bigint
  | boolean
  | Date
  | Uint8Array
  | readonly CassandraValue[]
  | ReadonlySet<CassandraValue>
  | ReadonlyMap<CassandraValue, CassandraValue>

/** `SERIAL` and `LOCAL_SERIAL` are for reads of what conditions (IF) write. */
export type Consistency =
  | 'ONE'
  | 'LOCAL_ONE'
  | 'QUORUM'
  | 'LOCAL_QUORUM'
  | 'EACH_QUORUM'
  | 'ALL'
  | 'SERIAL'
  | 'LOCAL_SERIAL'

/** What goes with a statement. */
export interface CassandraAsk {
  /** Default `LOCAL_QUORUM`. */
  readonly consistency?: Consistency
  /** Of the condition of a conditional statement (IF): default `LOCAL_SERIAL`, within one data centre (M-20). */
  readonly serialConsistency?: 'SERIAL' | 'LOCAL_SERIAL'
  /** In the place of the client's own bound; 0 for none. */
  readonly timeoutMs?: number
  readonly cost?: Cost
}

/** Which page. */
export interface CassandraPageAsk extends CassandraAsk {
  /** Rows of the page at most. */
  readonly size: number
  /** `next` of the page before it, for the same statement and values; the first page where there is none. */
  readonly state?: string
}

export interface CassandraPage<Row> {
  readonly rows: readonly Row[]
  /** Opaque text that asks for the next page; undefined after the last one. */
  readonly next?: string
}

/** What became of a condition (IF). */
export interface CassandraApplied<Row> {
  readonly applied: boolean
  /** Where it was not applied and there is a row: what the condition found. */
  readonly found?: Row
}

/** One statement of a batch. */
export interface CassandraWrite {
  readonly statement: CassandraStatement
  readonly values: readonly CassandraValue[]
}

export interface CassandraColumn {
  readonly name: string
  /** E.g. `frozen<list<text>>`. */
  readonly type: string
  readonly kind: 'partition_key' | 'clustering' | 'static' | 'regular'
  /** Its place among those of its kind, for keys. */
  readonly position: number
  /** Of clustering columns: `asc` or `desc`; `none` of others. */
  readonly order: 'asc' | 'desc' | 'none'
}

/** A table as `system_schema` has it. */
export interface CassandraTable {
  readonly name: string
  /** Partition key, clustering, static, regular; by position, then by name. */
  readonly columns: readonly CassandraColumn[]
  /** Compaction, time to live and so on, by their CQL names; maps flattened as `compaction.class`. */
  readonly options: Readonly<Record<string, string>>
  /** Names of secondary indexes. */
  readonly indexes: readonly string[]
}

/** Copies by data centre, e.g. `{ datacenter1: 1 }`: NetworkTopologyStrategy. */
export type CassandraReplication = Readonly<Record<string, number>>

export interface CassandraSchema {
  /** As `system_schema` has it: `class`, and copies by data centre. */
  readonly replication: Readonly<Record<string, string>>
  readonly tables: readonly CassandraTable[]
}

/** How many writes of `writeAll` are under way at a time. */
export interface CassandraWriteAll extends CassandraAsk {
  /** Default 128. */
  readonly concurrency?: number
}

/**
 * One keyspace of one server, or none. Requests are pipelined: up to 1,024 at a time on each of `poolSize` connections.
 * Everything throws OperationFailure: `timeout` (the bound, or replicas that did not answer in time: a write may be
 * done all the same), `unavailable` (no connection, too few live replicas, overload) or `unexpected` (any other answer
 * of the server); ArchError where the server refuses the password or the right. TypeError where a value does not fit
 * its column, is out of range, or is undefined or null, which would write a tombstone (M-15).
 */
export interface CassandraClient extends StoreClient {
  readonly store: 'cassandra'
  /** The same server through another keyspace, closed with this client; the same name gives the same client. */
  withKeyspace(keyspace: string): CassandraClient
  /** All rows in one round trip. More than 5,000 of them are an error: ask for pages. */
  query<Row extends object>(
    statement: CassandraStatement,
    values?: readonly CassandraValue[],
    ask?: CassandraAsk,
  ): Promise<readonly Row[]>
  /** One page in one round trip. */
  page<Row extends object>(
    statement: CassandraStatement,
    values: readonly CassandraValue[],
    ask: CassandraPageAsk,
  ): Promise<CassandraPage<Row>>
  /** A statement with a condition (IF). */
  applyIf<Row extends object>(
    statement: CassandraStatement,
    values: readonly CassandraValue[],
    ask?: CassandraAsk,
  ): Promise<CassandraApplied<Row>>
  /**
   * Writes of one partition, all or none, in one round trip (an unlogged batch). @throws TypeError where they are of
   * several partitions (M-21), or one does not bind its whole partition key
   */
  batch(writes: readonly CassandraWrite[], ask?: CassandraAsk): Promise<CassandraApplied<object>>
  /** One write for each list of values, many at a time; answers how many. The first failure stops it. */
  writeAll(
    statement: CassandraStatement,
    rows: Iterable<readonly CassandraValue[]> | AsyncIterable<readonly CassandraValue[]>,
    ask?: CassandraWriteAll,
  ): Promise<number>
  /** CQL text of one or more statements that ends when all nodes agree on the schema: provisioning only. */
  execute(text: string): Promise<void>
  /** How many nodes there are in each data centre, those that are down included. */
  datacenters(): Promise<Readonly<Record<string, number>>>
  /** Nothing happens when it exists. @param replication default a copy on each node, three at most in a data centre */
  createKeyspace(keyspace: string, replication?: CassandraReplication): Promise<void>
  /** Drops a keyspace with its data; nothing happens when there is none. */
  dropKeyspace(keyspace: string): Promise<void>
  keyspaceExists(keyspace: string): Promise<boolean>
  /** Without those of Cassandra itself, in alphabetical order. */
  keyspaceNames(): Promise<readonly string[]>
  /** The live schema of this keyspace, or undefined when there is none. */
  describe(): Promise<CassandraSchema | undefined>
}
