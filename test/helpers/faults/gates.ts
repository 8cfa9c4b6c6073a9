import type { PostgresClient } from '../../../src/stores/postgres/client.ts'
import { eventually } from '../context.ts'

/** A fault point of the test build, and whose calls stop there. */
export interface Gate {
  readonly point: string
  readonly subject: bigint
}

/** Gates that are shut. */
export interface Gates {
  /** Resolves when a call waits at each of them; answers the processes of the server that wait. */
  reached(): Promise<readonly number[]>
  /** Lets everybody through. */
  open(): Promise<void>
}

const SHUT = `SELECT pg_advisory_xact_lock(hashtextextended(g.point, g.subject))
FROM unnest($1::text[], $2::bigint[]) AS g(point, subject)`
// A 64-bit key is shown in two halves.
const WAITING = `SELECT l.pid FROM unnest($1::text[], $2::bigint[]) AS g(point, subject)
JOIN pg_locks l ON l.locktype = 'advisory' AND NOT l.granted
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND ((l.classid::bigint << 32) | l.objid::bigint) = hashtextextended(g.point, g.subject)`

/** Shuts gates on a connection of their own, until they are opened or the server dies. */
export async function shutGates(postgres: PostgresClient, gates: readonly Gate[]): Promise<Gates> {
  const values = [gates.map(({ point }) => point), gates.map(({ subject }) => subject)]
  const shut = Promise.withResolvers<void>()
  const opened = Promise.withResolvers<void>()
  const holding = postgres.transaction(async (queries) => {
    await queries.query({ name: '', text: SHUT }, values)
    shut.resolve()
    await opened.promise
  })
  // A server that dies lets go of them.
  const ended = holding.catch(() => undefined)
  await Promise.race([shut.promise, holding])
  return {
    async reached() {
      let waiting: readonly { readonly pid: number }[] = []
      await eventually(async () => {
        waiting = await postgres.query<{ pid: number }>({ name: '', text: WAITING }, values)
        return waiting.length === gates.length
      })
      return waiting.map(({ pid }) => pid)
    },
    async open() {
      opened.resolve()
      await ended
    },
  }
}
