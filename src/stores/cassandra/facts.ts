import type { Client } from 'cassandra-driver'
import { z } from 'zod'
import { ArchError } from '../../core/errors.ts'
import type { StoreEndpoint, StoreFacts } from '../../core/store.ts'
import { datacentersOf } from './datacenters.ts'
import { classify } from './failures.ts'
import { withSession } from './session.ts'

const SHOWN = ['commitlog_sync', 'commitlog_sync_group_window', 'commitlog_sync_period', 'concurrent_writes']
const Local = z.object({ release_version: z.string(), data_center: z.string() })
const Settings = z.array(z.object({ name: z.string(), value: z.string().nullable() }))
const Keyspaces = z.array(z.object({ keyspace_name: z.string(), durable_writes: z.boolean() }))

/** A question to the server, or to one node of it, on a connection of its own. @throws OperationFailure or ArchError when it is not answered */
export async function health(endpoint: StoreEndpoint): Promise<void> {
  await withSession(endpoint, (driver) => driver.execute('SELECT key FROM system.local'))
}

async function rowsOf(driver: Client, text: string, values: readonly unknown[] = []): Promise<unknown[]> {
  const { rows } = await driver.execute(text, [...values], { prepare: true })
  return rows.map((row) => ({ ...row }))
}

/** The live settings, or none where the role may not read them. */
async function settingsOf(driver: Client): Promise<Readonly<Record<string, string>>> {
  try {
    const rows = await rowsOf(driver, 'SELECT name, value FROM system_views.settings WHERE name IN ?', [
      SHOWN,
    ])
    const found = Settings.parse(rows).filter(({ value }) => value !== null)
    return Object.fromEntries(found.map(({ name, value }) => [name, value ?? '']))
  } catch (error) {
    if (classify(error) instanceof ArchError) return { commitlog_sync: 'unknown' }
    throw error
  }
}

/**
 * Version, and what an acknowledged write survives: `power loss` where the commit log is flushed before the
 * acknowledgement (`batch`, `group`); a process kill where it is flushed now and then (`periodic`), since the system has
 * it by then; nothing, where a keyspace has no durable writes.
 */
export async function facts(endpoint: StoreEndpoint): Promise<StoreFacts> {
  return withSession(endpoint, async (driver) => {
    const [local] = await rowsOf(driver, 'SELECT release_version, data_center FROM system.local')
    const { release_version: version, data_center: datacenter } = Local.parse(local)
    const settings = await settingsOf(driver)
    const keyspaces = Keyspaces.parse(
      await rowsOf(driver, 'SELECT keyspace_name, durable_writes FROM system_schema.keyspaces'),
    )
    const hasLog = keyspaces.every(({ durable_writes: durable }) => durable)
    const datacenters = Object.entries(datacentersOf(driver)).map(([name, nodes]) => `${name} ${nodes}`)
    const isFlushed = ['batch', 'group'].includes(settings['commitlog_sync'] ?? '')
    return {
      name: 'cassandra',
      version,
      provider: endpoint.provider,
      topology: endpoint.topology,
      acknowledgedSurvives: !hasLog ? 'nothing' : isFlushed ? 'power loss' : 'process kill',
      settings: { ...settings, datacenter, nodes: datacenters.join(', '), durable_writes: String(hasLog) },
    }
  })
}
