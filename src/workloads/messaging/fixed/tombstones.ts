import { ArchError, OperationFailure } from '../../../core/errors.ts'
import type { RoleHost } from '../../../core/workload.ts'
import type { CassandraClient } from '../../../stores/cassandra/client.ts'
import { KEYSPACES } from '../stores.ts'

/** What the witness calls it: the most tombstones that one read of a table has met, as Cassandra counts them. */
export const TOMBSTONES_READ = 'tombstones.read'

/** Of each table: reads so far, and the most tombstones of one, rounded up by a fifth at most. A node knows its own reads. */
const READS = {
  text: 'SELECT table_name, count, max FROM system_views.tombstones_per_read WHERE keyspace_name = ? ALLOW FILTERING',
  idempotent: true,
} as const
/** Which node answers is the driver's choice, which takes turns: so often is each asked. */
const ASKS = 4

interface ReadsRow {
  readonly table_name: string
  readonly count: bigint
  readonly max: number | bigint
}

/** The most tombstones of a read of each table that was read, on the nodes of this data centre. @throws OperationFailure, ArchError */
async function mostTombstones(server: CassandraClient): Promise<ReadonlyMap<string, number>> {
  const nodes = Object.values(await server.datacenters()).reduce((sum, count) => sum + count, 0)
  const most = new Map<string, number>()
  for (let asked = 0; asked < (nodes === 1 ? 1 : ASKS * nodes); asked += 1)
    for (const { table_name: table, count, max } of await server.query<ReadsRow>(READS, [KEYSPACES.fixed]))
      if (count > 0n) most.set(table, Math.max(most.get(table) ?? 0, Number(max)))
  return most
}

/**
 * Tells the run's journal how many tombstones reads have met so far, where it is more than it was told (M-15): by the run
 * itself, since audits read whole tables, and with them what no reader of a queue does. @returns what tells it; a store that
 * cannot be asked, or does not let itself, tells nothing
 */
export function tombstoneWitness(
  server: CassandraClient,
  { witness }: Pick<RoleHost, 'witness'>,
): () => Promise<void> {
  const told = new Map<string, number>()
  return async () => {
    try {
      for (const [table, most] of await mostTombstones(server)) {
        if (most <= (told.get(table) ?? -1)) continue
        told.set(table, most)
        witness(TOMBSTONES_READ, { table, most })
      }
    } catch (error) {
      if (!(error instanceof OperationFailure) && !(error instanceof ArchError)) throw error
    }
  }
}
