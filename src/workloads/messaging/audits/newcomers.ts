import type { CassandraClient } from '../../../stores/cassandra/client.ts'
import { allRows } from '../rows.ts'

const MEMBERS = { text: 'SELECT conversation_id, user_id FROM members', idempotent: true } as const
const DEVICES = { text: 'SELECT user_id, registered_at FROM devices', idempotent: true } as const
/** Around its registration it is left to chance which messages a device is sent; clocks of gateways may differ. */
export const AROUND_MS = 5_000

interface MemberRow {
  readonly conversation_id: string
  readonly user_id: bigint
}

interface DeviceRow {
  readonly user_id: bigint
  readonly registered_at: Date
}

/** Tells whether a member's device was registered around a moment, in milliseconds since 1970. @throws OperationFailure */
export async function newcomersIn(
  cassandra: CassandraClient,
): Promise<(conversation: string, ms: number) => boolean> {
  const registered = new Map<bigint, number[]>()
  for await (const row of allRows<DeviceRow>(cassandra, DEVICES))
    registered.set(row.user_id, [...(registered.get(row.user_id) ?? []), row.registered_at.getTime()])
  const moments = new Map<string, number[]>()
  for await (const { conversation_id: conversation, user_id: user } of allRows<MemberRow>(cassandra, MEMBERS))
    moments.set(conversation, [...(moments.get(conversation) ?? []), ...(registered.get(user) ?? [])])
  return (conversation, ms) =>
    (moments.get(conversation) ?? []).some((moment) => Math.abs(moment - ms) < AROUND_MS)
}
