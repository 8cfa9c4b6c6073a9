import { totalmem } from 'node:os'

const MEGABYTE = 2 ** 20
const SMALLEST_BUFFERS_MB = 128
const LARGEST_BUFFERS_MB = 2048

/** How a data directory is made; docker-compose.yml gives the same. The builtin provider has no encoding of its own. */
export const INITDB_OPTIONS: readonly string[] = [
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--locale=C',
]

/** A sixteenth of the memory: the load, the stores and the operating system's cache share the machine. */
function sharedBuffers(memoryBytes: number): string {
  const share = Math.floor(memoryBytes / MEGABYTE / 16)
  return `${Math.min(LARGEST_BUFFERS_MB, Math.max(SMALLEST_BUFFERS_MB, share))}MB`
}

/**
 * The settings of a native server: an acknowledged write survives a power loss (law 6), and nothing listens beyond
 * loopback. docker-compose.yml gives the same to a container.
 */
export function serverSettings(
  port: number,
  memoryBytes: number = totalmem(),
): Readonly<Record<string, string>> {
  return {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '200',
    // One lock for every partition that a statement without pruning touches.
    max_locks_per_transaction: '512',
    shared_buffers: sharedBuffers(memoryBytes),
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    commit_delay: '0',
    // The packaged binaries offer only pglz, whose CPU costs more here than the bytes it saves.
    wal_compression: 'off',
    max_wal_size: '4GB',
    checkpoint_timeout: '15min',
    autovacuum_naptime: '10s',
    jit: 'off',
    track_io_timing: 'on',
    log_line_prefix: '%m [%p] %q%u@%d ',
    log_timezone: 'UTC',
    timezone: 'UTC',
  }
}
