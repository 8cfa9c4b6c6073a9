import type { StoreName } from './names.ts'

/** Who runs a store. */
export type ProviderName = 'native' | 'docker' | 'external'
export type Topology = 'single' | 'cluster' | 'cluster-ha' | 'multi-dc'

/** Where one server listens for clients. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** Where a running store answers, and how to speak to it. Secrets stay in the state directory and in memory. */
export interface StoreEndpoint extends Address {
  readonly store: StoreName
  readonly provider: ProviderName
  readonly topology: Topology
  /** Of a store of several nodes, the other ones: each knows all of them, and any may be down. None: only this node is asked. */
  readonly further?: readonly Address[]
  readonly user?: string
  readonly password?: string
  readonly database?: string
  /** Of a server that is spread over several: where the client is. */
  readonly datacenter?: string
  readonly tls?: boolean
}

/** What the honest line says about a store. */
export interface StoreFacts {
  readonly name: StoreName
  readonly version: string
  readonly provider: ProviderName
  readonly topology: Topology
  /** What an acknowledged write survives: 'power loss', 'process kill' or 'nothing' (law 6). */
  readonly acknowledgedSurvives: 'power loss' | 'process kill' | 'nothing'
  /** The settings that the label rests on, e.g. `{ fsync: 'on' }`. */
  readonly settings: Readonly<Record<string, string>>
}

/** A connected store client. Workloads narrow it to the client type of the store that they asked for. */
export interface StoreClient {
  readonly store: StoreName
  close(): Promise<void>
}

/** The clients that a workload is handed, by store. */
export type Stores = Readonly<Record<StoreName, StoreClient>>
