import type { StoreEndpoint, StoreFacts } from '../../core/store.ts'
import { sessionConfig, withSession } from './roles.ts'

const NAMES = [
  'server_version',
  'fsync',
  'synchronous_commit',
  'full_page_writes',
  'wal_compression',
  'shared_buffers',
  'max_wal_size',
  'checkpoint_timeout',
  'max_connections',
  'jit',
]

/** `SELECT 1` on a connection of its own. @throws the driver's error when it is not answered */
export async function health(endpoint: StoreEndpoint): Promise<void> {
  await withSession(sessionConfig(endpoint), (client) => client.query('SELECT 1'))
}

/** Version, and what an acknowledged write survives by the live settings. */
export async function facts(endpoint: StoreEndpoint): Promise<StoreFacts> {
  const rows = await withSession(sessionConfig(endpoint), async (client) => {
    const text = 'SELECT name, current_setting(name) AS value FROM unnest($1::text[]) AS name'
    return (await client.query<{ name: string; value: string }>(text, [NAMES])).rows
  })
  const { server_version: version = 'unknown', ...settings } = Object.fromEntries(
    rows.map(({ name, value }) => [name, value]),
  )
  const flushed = settings['synchronous_commit'] !== 'off' && settings['fsync'] === 'on'
  const whole = settings['full_page_writes'] === 'on'
  return {
    name: 'postgres',
    version: version.split(' ')[0] ?? version,
    provider: endpoint.provider,
    topology: endpoint.topology,
    // Without a flush the operating system still has the write when only the server is killed, unless it waits in WAL buffers.
    acknowledgedSurvives:
      flushed && whole ? 'power loss' : settings['synchronous_commit'] === 'off' ? 'nothing' : 'process kill',
    settings,
  }
}
