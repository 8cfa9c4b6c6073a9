import type { Client } from 'cassandra-driver'
import { OperationFailure } from '../../core/errors.ts'
import { newStatements } from './prepared.ts'
import type { Statements } from './prepared.ts'

/** A driver that is connected, and what it has prepared. */
export interface Connected {
  readonly driver: Client
  readonly statements: Statements
}

/** Connections to one keyspace, or to none, opened when they are first used. */
export interface Pool {
  /** Undefined while it is not connected. */
  current(): Connected | undefined
  /** Connects, where it is not; after a failure the next one tries anew. @throws the driver's error */
  connected(): Promise<Connected>
  /** Waits for a connection that is being opened, and closes them all. */
  close(): Promise<void>
}

export function newPool(open: () => Promise<Client>, keyspace: string | undefined): Pool {
  let current: Connected | undefined
  let opening: Promise<Connected> | undefined
  let closed = false

  async function connect(): Promise<Connected> {
    try {
      const driver = await open()
      current = { driver, statements: newStatements(driver, keyspace) }
      return current
    } catch (error) {
      opening = undefined
      throw error
    }
  }

  return {
    current: () => current,
    async connected() {
      if (closed) throw new OperationFailure('unavailable', 'cassandra: the client is closed')
      opening ??= connect()
      return opening
    },
    async close() {
      closed = true
      // One that fails says so to whoever waits for it.
      await opening?.catch(() => undefined)
      await current?.driver.shutdown()
    },
  }
}
