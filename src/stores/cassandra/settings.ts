import { join } from 'node:path'

/** The superuser that makes the application's role, and is used for nothing else. */
export const ADMINISTRATOR = 'administrator'
/** The application's role. */
export const APPLICATION = 'arch'

type Setting = string | number | boolean | readonly unknown[] | { readonly [name: string]: Setting }

/**
 * What is the same natively and in docker-compose.yml. A write is acknowledged when the commit log is on the disk with
 * it (law 6): `batch` flushes as soon as a write waits, with all that wait by then. Each waiting write keeps one of
 * `concurrent_writes`, so there are more of them than without.
 */
export const SETTINGS: Readonly<Record<string, Setting>> = {
  cluster_name: 'arch',
  num_tokens: 1,
  partitioner: 'org.apache.cassandra.dht.Murmur3Partitioner',
  endpoint_snitch: 'SimpleSnitch',
  authenticator: 'PasswordAuthenticator',
  authorizer: 'CassandraAuthorizer',
  role_manager: 'CassandraRoleManager',
  commitlog_sync: 'batch',
  commitlog_segment_size: '16MiB',
  concurrent_reads: 32,
  concurrent_writes: 128,
  memtable_heap_space: '128MiB',
  memtable_offheap_space: '128MiB',
  file_cache_size: '64MiB',
  networking_cache_size: '32MiB',
  key_cache_size: '16MiB',
  sstable: { selected_format: 'big' },
  memtable: {
    configurations: { trie: { class_name: 'TrieMemtable' }, default: { inherits: 'trie' } },
  },
  internode_compression: 'none',
  auto_bootstrap: false,
  // A dropped keyspace is gone: nobody comes back for the snapshot of a test's data.
  auto_snapshot: false,
  read_request_timeout: '5000ms',
  write_request_timeout: '5000ms',
}

/**
 * What differs of one of several nodes: each is told its data centre by a file, and there are several of them in the
 * memory of one machine.
 */
const OF_SEVERAL: Readonly<Record<string, Setting>> = {
  endpoint_snitch: 'GossipingPropertyFileSnitch',
  memtable_heap_space: '64MiB',
  memtable_offheap_space: '64MiB',
  file_cache_size: '32MiB',
  networking_cache_size: '16MiB',
  // What a node missed while it was away is written down soon, and sent when it is back.
  hints_flush_period: '1000ms',
}

/** Where a node listens, and where its data is. */
export interface NodePlace {
  /** A loopback address, of clients and of other nodes alike. */
  readonly host: string
  readonly port: number
  readonly storagePort: number
  /** Addresses by which a node finds the others. */
  readonly seeds: readonly string[]
  readonly data: string
  /** Of one of several nodes: its place on the ring, which it takes without asking the others for data. */
  readonly token?: string
  /** The address by which nodes of other data centres know it, and seeds are named then: there a link listens, not the node. */
  readonly abroad?: string | undefined
}

/** The text of a node's `cassandra.yaml`, each value as JSON, which YAML contains. */
export function serverSettings(place: NodePlace): string {
  const { host, data } = place
  const perNode: Readonly<Record<string, Setting>> = {
    listen_address: host,
    rpc_address: host,
    native_transport_port: place.port,
    storage_port: place.storagePort,
    seed_provider: [
      {
        class_name: 'org.apache.cassandra.locator.SimpleSeedProvider',
        parameters: [{ seeds: place.seeds.map((seed) => `${seed}:${place.storagePort}`).join(',') }],
      },
    ],
    commitlog_directory: join(data, 'commitlog'),
    data_file_directories: [join(data, 'data')],
    saved_caches_directory: join(data, 'saved_caches'),
    hints_directory: join(data, 'hints'),
    cdc_raw_directory: join(data, 'cdc'),
    ...(place.token === undefined ? {} : { ...OF_SEVERAL, initial_token: place.token }),
    ...(place.abroad === undefined ? {} : { broadcast_address: place.abroad, broadcast_rpc_address: host }),
  }
  const lines = Object.entries({ ...SETTINGS, ...perNode }).map(
    ([name, value]) => `${name}: ${JSON.stringify(value)}`,
  )
  return `${lines.join('\n')}\n`
}

/** The text of `cassandra-rackdc.properties`: where a node of several is. In one data centre nodes speak directly. */
export function rackSettings(datacenter: string): string {
  return `dc=${datacenter}\nrack=rack1\nprefer_local=true\n`
}

/** Warnings, and the lines that say which version runs and how it joined: what `arch logs cassandra` shows. */
export const LOGGING = `<configuration scan="false">
  <appender name="out" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%d{yyyy-MM-dd'T'HH:mm:ss.SSS'Z', UTC} %-5level %logger{0} %msg%n</pattern></encoder>
  </appender>
  <root level="WARN"><appender-ref ref="out"/></root>
  <logger name="org.apache.cassandra.service.StorageService" level="INFO"/>
</configuration>
`
