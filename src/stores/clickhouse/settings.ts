/** The engine that native fetches: ClickHouse as the npm package `chdb` 3.4.0 has it, without that package's own code. */
export const ENGINE_VERSION = '26.7.3-stable.1'
/** What docker-compose.yml pulls: the same release. */
export const VERSION = '26.7'
/** The one user: nobody else gets in. */
export const APPLICATION_USER = 'arch'
export const APPLICATION_DATABASE = 'arch'

const GIGABYTE = 2 ** 30

/** One statement takes no more: the load and other stores share the machine. docker-compose.yml gives the same. */
export const STATEMENT_MEMORY: number = 4 * GIGABYTE

/** An answer is held whole, several times over, by the daemon: who needs more takes it in parts. */
const ANSWER_BYTES = 256 * 2 ** 20

/** Where tables may keep what is old: on a volume of its own, behind that of the engine's own disk. */
const STORAGE_POLICY = 'tiered'
/** The policy, as the engine's configuration has it; docker-compose.yml says the same. */
export const STORAGE_POLICIES: string = `<policies><${STORAGE_POLICY}><volumes><hot><disk>default</disk></hot><cold><disk>cold</disk></cold></volumes></${STORAGE_POLICY}></policies>`
/** The engine's configuration beside its settings. The folder is in the one that the daemon works in. */
export const STORAGE_CONFIGURATION: string = `<clickhouse><storage_configuration><disks><cold><path>cold/</path></cold></disks>${STORAGE_POLICIES}</storage_configuration></clickhouse>
`

/** What the native engine is started with. All statements, merges and caches together take half of the machine at most. */
export function engineSettings(memoryBytes: number): Readonly<Record<string, string | number>> {
  return {
    max_server_memory_usage: Math.min(12 * GIGABYTE, Math.floor(memoryBytes / 2)),
    max_memory_usage: STATEMENT_MEMORY,
    max_result_bytes: ANSWER_BYTES,
    // The engine has no queue for them: each insert is a part of its own, whatever a statement asks.
    async_insert: 0,
    // As on a server: `1 + 1` alone is no statement.
    implicit_select: 0,
  }
}
