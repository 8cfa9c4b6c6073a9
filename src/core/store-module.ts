import type { StoreName } from './names.ts'
import type { Address, ProviderName, StoreClient, StoreEndpoint, StoreFacts, Topology } from './store.ts'

/** How a client of a store is opened. */
export interface ConnectOptions {
  /** Connections, for stores whose clients pool them. */
  readonly poolSize: number
  /** How long a caller waits for one of them, for stores whose clients pool them: default 10,000 ms. */
  readonly connectionWaitMs?: number
  /** Shown by the store beside each connection, e.g. `arch worker 2`. */
  readonly applicationName: string
  /** After this, the store gives up on one statement: default 10,000 ms; 0 for no bound. */
  readonly statementTimeoutMs?: number
  /**
   * Whether the store may keep the plans of prepared statements, where it has plans: for work that repeats a few
   * statements. Default false: each execution is planned for its values.
   */
  readonly keepsPlans?: boolean
}

/** The passwords of one instance, by the name of their role. Kept in the state directory, mode 0600. */
export type Secrets = Readonly<Record<string, string>>

/** The operating system's user that a store runs as, where `arch` is root and the store must not be. */
export interface ServiceAccount {
  readonly uid: number
  readonly gid: number
}

/** Where a node listens: for clients, and at the ports that its engine names. */
export interface NodeAddress extends Address {
  readonly furtherPorts: Readonly<Record<string, number>>
}

/** Where one native instance lives, or one node of it. All of it can be reached by `account`, where there is one. */
export interface NativePlace {
  /** Fetched or copied engines, shared by the stores of one `ARCH_HOME`. */
  readonly engines: string
  readonly data: string
  readonly port: number
  /** Further loopback ports, by the names in `NativeEngine.furtherPorts`; the same at every start while they are free. */
  readonly furtherPorts: Readonly<Record<string, number>>
  readonly account: ServiceAccount | undefined
  readonly secrets: Secrets
  /** Where it is one of several nodes: all of them, and which of them it is, counted from 0. */
  readonly cluster?: {
    readonly topology: Topology
    readonly nodes: readonly NodeAddress[]
    readonly node: number
  }
}

/** The process that is an instance, or a node of it. */
export interface Launch {
  readonly file: string
  readonly args: readonly string[]
  /** Its working directory, by which a process is recognised as this instance's. */
  readonly folder: string
  /** Where its process id is written, first line. */
  readonly pidFile: string
  /** `launcher`: the store writes no such file, so it is written in its place, by the process that becomes the store. */
  readonly pidWrittenBy: 'store' | 'launcher'
  /** The signal that ends it in order. */
  readonly stopSignal: 'SIGINT' | 'SIGTERM'
}

/** What a provider would run, or why it cannot and what would help. */
export type Availability =
  | { readonly available: true; readonly reason: string }
  | { readonly available: false; readonly reason: string; readonly remedy: string }

/** One line a step, for people. */
export type Note = (line: string) => void

/** A store as this machine runs it from packages, without containers. */
export interface NativeEngine {
  /** Names of the ports that a node needs beside the one for clients, e.g. `['controller']`; default none. */
  readonly furtherPorts?: readonly string[]
  /** Its topologies beside `single`: the loopback address of each node. Each topology has data of its own. */
  readonly topologies?: Readonly<Partial<Record<Topology, readonly string[]>>>
  /** Whether nodes know each other by their addresses alone: all listen on the same ports, each at an address of its own. */
  readonly samePorts?: boolean
  /** Looks, and changes nothing. */
  look(engines: string): Promise<Availability>
  /**
   * Fetches the engine and makes the data directory, each where it is missing; every step converges after a kill. Of
   * several nodes each is prepared, one after the other.
   */
  prepare(place: NativePlace, note: Note): Promise<Launch>
}

/** A store as docker-compose.yml runs it. */
export interface DockerService {
  readonly service: string
  /** The variables of the compose file that this instance fills in. */
  variables(port: number, secrets: Secrets): Readonly<Record<string, string>>
}

/** One folder of `stores/`: everything about a store that is not its client. */
export interface StoreModule {
  readonly name: StoreName
  readonly title: string
  /** Whether no case needs it but by a strategy that is not its default: one that cannot run here is no problem then. */
  readonly isOptional?: true
  /** `ARCH_POSTGRES_URL`: where somebody else runs it. */
  readonly urlVariable: string
  /** `ARCH_POSTGRES_PORT`: the port that a user insists on. */
  readonly portVariable: string
  /** The passwords to generate for a new instance. */
  readonly secretNames: readonly string[]
  readonly native: NativeEngine
  /** Absent where there is none: `native` or `external` then. */
  readonly docker?: DockerService
  /** Reads the value of `urlVariable`. @throws ArchError (usage) that never repeats a password */
  external(url: string): StoreEndpoint
  /** The application's way into an instance that `arch` made. */
  endpointOf(provider: ProviderName, port: number, secrets: Secrets): StoreEndpoint
  /**
   * Makes what the application needs beyond an answering server (role, database); throws while it does not answer, or
   * while nodes of it are missing.
   */
  settle(endpoint: StoreEndpoint, secrets: Secrets): Promise<void>
  /** One operation of a client, e.g. `SELECT 1`; throws when the store does not answer it. */
  health(endpoint: StoreEndpoint): Promise<void>
  facts(endpoint: StoreEndpoint): Promise<StoreFacts>
  connect(endpoint: StoreEndpoint, options: ConnectOptions): Promise<StoreClient>
}
