// PostgreSQL killed, and what comes after.
import type { CommerceCase } from '../commerce-case.ts'
import { eventually } from '../context.ts'
import { restartStore, signalStore } from '../kill.ts'

/** Time goes by: what a saga has left half-way is over. */
export async function passTime({ sql }: Pick<CommerceCase, 'sql'>): Promise<void> {
  await sql("UPDATE reservations SET expires_at = expires_at - interval '1 minute' WHERE state = 'held'")
  await sql(
    "UPDATE idempotency_keys SET created_at = created_at - interval '1 minute' WHERE state = 'in-progress'",
  )
}

/** Orders of earlier rounds do not run out in the middle of later ones, which would be cancelled as they are audited. */
export async function keepReservations({ sql }: Pick<CommerceCase, 'sql'>): Promise<void> {
  await sql(
    "UPDATE reservations SET expires_at = expires_at + interval '1 day' WHERE state = 'open' AND expires_at < now() + interval '1 hour'",
  )
}

/** Resolves when PostgreSQL answers again. */
export async function answersAgain({ sql }: Pick<CommerceCase, 'sql'>): Promise<void> {
  await eventually(() =>
    sql('SELECT 1').then(
      () => true,
      () => false,
    ),
  )
}

/** Sends a signal, 0 to look only. Answers whether the process was there. */
function signal(pid: number, which: 'SIGKILL' | 0): boolean {
  try {
    return process.kill(pid, which)
  } catch {
    return false
  }
}

/** Kills the server as the kernel would, and starts it again. */
export async function killPostgres({ home }: Pick<CommerceCase, 'home'>): Promise<void> {
  await signalStore(home, 'postgres', 'SIGKILL')
  await restartStore(home, 'postgres')
}

/** Kills processes of the server that work for sessions; resolves when it has ended all of its sessions. */
export async function killSessions(
  { sql }: Pick<CommerceCase, 'sql'>,
  sessions: readonly number[],
): Promise<void> {
  const all = await sql<{ pid: number }>(
    "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'",
  )
  // The first of them may have left the shared memory half written: the server ends all, and recovers.
  for (const pid of sessions) signal(pid, 'SIGKILL')
  await eventually(() => all.every(({ pid }) => !signal(pid, 0)))
}
