import type { Cost } from '../../core/cost.ts'
import type { StoreClient } from '../../core/store.ts'

/** One search: a body of the query DSL, without its `timeout`. Name no index where the body has a point in time. */
export interface SearchRequest {
  readonly index?: string
  readonly body: object
  /** After this the server stops working and the caller stops waiting. Default the client's own bound. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** One document that a search found. Integers beyond 2^53 in `source` and `sort` are `bigint`, exact. */
export interface SearchHit<Source> {
  readonly id: string
  readonly score: number | undefined
  /** Undefined where the body says `_source: false`. */
  readonly source: Source | undefined
  /** What `search_after` of the next page takes; empty where the body sorts by nothing. */
  readonly sort: readonly SortValue[]
  /** Where the body says `version: true`. */
  readonly version?: bigint
}

export type SortValue = string | number | bigint | boolean | null

export interface SearchAnswer<Source> {
  /** Exact when `relation` is `eq`; 0 and `gte` where the body tracks no total. */
  readonly total: number
  readonly relation: 'eq' | 'gte'
  /** By the server's clock. */
  readonly tookMs: number
  readonly hits: readonly SearchHit<Source>[]
  /** The point in time to name in the next search: it may differ from the one that was asked. */
  readonly pointInTime?: string
  /** As the server says them, where the body asks for them. */
  readonly aggregations?: unknown
  readonly suggest?: unknown
}

/** `version` is the source's own, from 0 to 2^63-1: it grows with every change of the document, deletion included. */
export type BulkOperation =
  | { readonly kind: 'index'; readonly id: string; readonly document: object; readonly version: bigint }
  | { readonly kind: 'delete'; readonly id: string; readonly version: bigint }

/**
 * `done`: applied; deleting what is not there is done too, and leaves a tombstone. `stale`: the index has this version
 * or a newer one. `failed`: `permanent` when trying again cannot help (a field that the mapping does not know).
 */
export type BulkOutcome =
  | { readonly outcome: 'done' | 'stale' }
  | { readonly outcome: 'failed'; readonly reason: string; readonly permanent: boolean }

export interface BulkOptions {
  /** `external` (the default) refuses an equal version as stale; `external_gte` applies it again. */
  readonly versionType?: 'external' | 'external_gte'
  /** Answers only when searches see the changes: at the next refresh, up to `index.refresh_interval` later. */
  readonly waitsForRefresh?: boolean
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

export interface StoredDocument<Source> {
  readonly id: string
  readonly source: Source
  readonly version: bigint
}

/** The two halves of an index's definition, as the server takes them. */
export interface IndexDefinition {
  readonly settings?: object
  readonly mappings: object
}

export interface ClusterHealth {
  readonly status: 'green' | 'yellow' | 'red'
  readonly nodes: number
  readonly activeShards: number
  readonly unassignedShards: number
}

/**
 * Documents and indices of one server. Nothing is tried twice. Everything throws OperationFailure `timeout` (the bound
 * or the signal), `unavailable` (no connection, overloaded, shards missing) or `unexpected` (any other error of the
 * server, with its type and reason), and ArchError where the server refuses the password or the right.
 */
export interface ElasticsearchClient extends StoreClient {
  readonly store: 'elasticsearch'
  /** The same server, with `prefix` before every index and alias: those of one variant. Closed with this client. */
  withPrefix(prefix: string): ElasticsearchClient
  /** One round trip; whole answers only: where a shard fails or is late, the search has failed. */
  search<Source extends object>(request: SearchRequest, cost?: Cost): Promise<SearchAnswer<Source>>
  /**
   * A frozen view of `index` for searches that page; each search keeps it for as long again. After `timeoutMs` (default
   * the client's own bound) the caller stops waiting.
   */
  openPointInTime(index: string, keepAliveSeconds: number, timeoutMs?: number): Promise<string>
  /** Harmless when it has expired. */
  closePointInTime(id: string): Promise<void>
  /**
   * Applies the operations in order, in one round trip, each acknowledged when it is on the disk of `index` (translog
   * `request`). Outcomes are in the order of the operations. A version outlives its deletion for `index.gc_deletes`
   * (1 h where `createIndex` is not told otherwise) and no restart of the server: an older write after that is applied.
   * Who may replay that far back keeps deletions as documents.
   */
  bulk(
    index: string,
    operations: readonly BulkOperation[],
    cost?: Cost,
    options?: BulkOptions,
  ): Promise<readonly BulkOutcome[]>
  /** The documents by id, acknowledged writes included, in the order of `ids`; undefined for each that is not there. */
  getMany<Source extends object>(
    index: string,
    ids: readonly string[],
    cost?: Cost,
  ): Promise<readonly (StoredDocument<Source> | undefined)[]>
  /** Documents that searches see and `query` (default all) matches. */
  count(index: string, query?: object, cost?: Cost): Promise<number>
  /** Shows all acknowledged writes to searches. */
  refresh(index: string): Promise<void>
  /** Walks every document of one frozen view in pages, in no order that means anything; answers how many there were. */
  forEach<Source extends object>(
    index: string,
    pageSize: number,
    handle: (page: readonly StoredDocument<Source>[]) => Promise<void> | void,
  ): Promise<number>
  /** Makes an index; `index.gc_deletes` is 1 h unless `settings` says otherwise. @throws OperationFailure where it exists */
  createIndex(name: string, definition: IndexDefinition): Promise<void>
  /** Nothing happens when there is none. */
  deleteIndex(name: string): Promise<void>
  /** Whether there is an index, or an alias, of that name. */
  indexExists(name: string): Promise<boolean>
  /** The indices of this prefix, in alphabetical order, without it. */
  indices(): Promise<readonly string[]>
  /** The live mapping, as the server says it. */
  mappingOf(index: string): Promise<object>
  /** The live settings that are not defaults: `{ 'index.number_of_shards': '1' }`. */
  settingsOf(index: string): Promise<Readonly<Record<string, string>>>
  /** Points the alias at `index` and at nothing else of this prefix, in one step: no search sees none, or two. */
  putAlias(alias: string, index: string): Promise<void>
  /** The index that the alias points at, without the prefix, or undefined. */
  aliasOf(alias: string): Promise<string | undefined>
  health(): Promise<ClusterHealth>
}
