import type { Connection } from './addon.ts'
import { exception } from './exceptions.ts'

interface Session {
  readonly connection: Connection
  busy: boolean
  timer: NodeJS.Timeout | undefined
}

/** Connections that outlive a statement: temporary tables and what was SET stay with a `session_id`. */
export interface Sessions {
  /** @throws Exception 373 while another statement of the session runs */
  use<Value>(
    asked: { readonly id: string; readonly seconds: number },
    work: (connection: Connection) => Promise<Value>,
  ): Promise<Value>
  close(): void
}

/** Sessions that are closed when they have been idle for as long as they asked. */
export function sessionsOver(open: () => Connection, shut: (connection: Connection) => void): Sessions {
  const sessions = new Map<string, Session>()
  return {
    async use({ id, seconds }, work) {
      const session: Session = sessions.get(id) ?? { connection: open(), busy: false, timer: undefined }
      sessions.set(id, session)
      if (session.busy)
        throw exception(373, 'SESSION_IS_LOCKED', `Session ${id} is locked by a concurrent client`)
      session.busy = true
      clearTimeout(session.timer)
      try {
        return await work(session.connection)
      } finally {
        session.busy = false
        session.timer = setTimeout(() => {
          sessions.delete(id)
          shut(session.connection)
        }, seconds * 1000).unref()
      }
    },
    close() {
      for (const { connection, timer } of sessions.values()) {
        clearTimeout(timer)
        shut(connection)
      }
      sessions.clear()
    },
  }
}
