import { z } from 'zod'
import type { StoreEndpoint, StoreFacts } from '../../core/store.ts'
import { openClickHouse } from './connect.ts'
import type { ClickHouseClient } from './client.ts'
import { quoted } from './names.ts'

const ANSWER_MS = 5_000

const Live = z.object({
  version: z.string(),
  async_insert: z.string(),
  wait_for_async_insert: z.string(),
  max_memory_usage: z.string(),
})
const TableSettings = z.array(z.object({ name: z.string(), value: z.string() }))

async function withClient<Result>(
  endpoint: StoreEndpoint,
  work: (client: ClickHouseClient) => Promise<Result>,
): Promise<Result> {
  const client = openClickHouse(endpoint, {
    poolSize: 1,
    applicationName: 'arch',
    statementTimeoutMs: ANSWER_MS,
  })
  try {
    return await work(client)
  } finally {
    await client.close()
  }
}

/** `SELECT 1` on a connection of its own. @throws OperationFailure or ArchError when it is not answered */
export async function health(endpoint: StoreEndpoint): Promise<void> {
  await withClient(endpoint, (client) => client.query('SELECT 1 AS one'))
}

/** Makes the application's database; throws while the server does not answer. */
export async function settle(endpoint: StoreEndpoint): Promise<void> {
  const { database, ...server } = endpoint
  await withClient(server, (client) =>
    client.command(`CREATE DATABASE IF NOT EXISTS ${quoted(database ?? 'default')}`),
  )
}

/** Version, and what an acknowledged insert survives by the live settings; a table may have settings of its own. */
export async function facts(endpoint: StoreEndpoint): Promise<StoreFacts> {
  return withClient(endpoint, async (client) => {
    const general = await client.query(
      `SELECT version() AS version, toString(getSetting('async_insert')) AS async_insert,
              toString(getSetting('wait_for_async_insert')) AS wait_for_async_insert,
              toString(getSetting('max_memory_usage')) AS max_memory_usage`,
    )
    const ofTables = await client.query(
      `SELECT name, value FROM system.merge_tree_settings
        WHERE name IN ('fsync_after_insert', 'fsync_part_directory') ORDER BY name`,
    )
    const live = Live.parse(general.rows[0])
    const fsync = Object.fromEntries(
      TableSettings.parse(ofTables.rows).map(({ name, value }) => [name, value === '1' ? '1' : '0']),
    )
    const isOn = (value: string): boolean => value === '1' || value === 'true'
    const isBuffered = isOn(live.async_insert) && !isOn(live.wait_for_async_insert)
    const isSynced = Object.values(fsync).every((value) => value === '1') && Object.keys(fsync).length === 2
    return {
      name: 'clickhouse',
      version: live.version,
      provider: endpoint.provider,
      topology: endpoint.topology,
      acknowledgedSurvives: isBuffered ? 'nothing' : isSynced ? 'power loss' : 'process kill',
      settings: {
        ...fsync,
        async_insert: isOn(live.async_insert) ? '1' : '0',
        wait_for_async_insert: isOn(live.wait_for_async_insert) ? '1' : '0',
        max_memory_usage: `${Math.round(Number(live.max_memory_usage) / 2 ** 20)}MB`,
      },
    }
  })
}
