import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadAddon } from './addon.ts'
import type { Connection, RawAnswer } from './addon.ts'
import type { Configuration } from './configuration.ts'
import { exception } from './exceptions.ts'
import { literal } from './insert.ts'
import type { Asked } from './request.ts'
import { sessionsOver } from './sessions.ts'
import { turnsOf } from './turns.ts'

const KILL_EVERY_MS = 100

/** One text to run as it was asked. */
export interface Run {
  readonly asked: Asked
  readonly text: string
  /** Ends the statement when nobody waits for its answer any more. */
  readonly signal: AbortSignal | undefined
}

/** The engine of this process, open on its one directory. */
export interface Engine {
  /** @throws what the engine throws: an Error with `Code: N. DB::Exception: ...` */
  run(run: Run): Promise<RawAnswer>
  /** The same in parts, as the engine finds them: for formats whose parts make a whole, and no session. */
  stream(run: Run): AsyncGenerator<Uint8Array, void>
  /** Waits for the statements that run, and closes the directory. */
  close(): Promise<void>
}

/** What makes a fresh connection the one that the statement asks for. */
function preparationOf({ database, settings, parameters }: Asked, tag: string): string {
  const named = [['log_comment', tag], ...settings, ...parameters] as const
  const use =
    database === undefined ? '' : `USE \`${database.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\`; `
  return `${use}SET ${named.map(([name, value]) => `${name} = ${literal(value)}`).join(', ')}`
}

/** Opens the directory. @throws Error where another process has it open, or it cannot be read */
export function openEngine(configuration: Configuration): Engine {
  const { engine, data, concurrent } = configuration
  const addon = loadAddon(engine.folder, engine.packageName)
  const args = Object.entries(configuration.settings).map(([name, value]) => `--${name}=${value}`)
  const open = (): Connection => addon.CreateConnection(data, args)
  const shut = (connection: Connection): void => addon.CloseConnection(connection)
  // Held to the end, so that the directory stays open between statements.
  const keeper = open()
  const turns = turnsOf(concurrent)
  const sessions = sessionsOver(open, shut)

  /** Lets the statement's signal end it. The answer undoes that. */
  function watch(tag: string, signal: AbortSignal | undefined): () => void {
    let ended = false
    const kill = async (): Promise<void> => {
      const text = `KILL QUERY WHERE Settings['log_comment'] = ${literal(tag)} ASYNC`
      const connection = open()
      // It may be on its way to the engine, and not be found yet.
      while (!ended) {
        await addon.QueryAsyncConnection(connection, text, 'Null').catch(() => undefined)
        await sleep(KILL_EVERY_MS)
      }
      shut(connection)
    }
    const onAbort = (): void => void kill()
    signal?.addEventListener('abort', onAbort, { once: true })
    return () => {
      ended = true
      signal?.removeEventListener('abort', onAbort)
    }
  }

  /** Makes the connection the statement's own, unless nobody waits for it by now. */
  async function prepare(connection: Connection, { asked, signal }: Run, tag: string): Promise<void> {
    if (signal?.aborted !== true)
      await addon.QueryAsyncConnection(connection, preparationOf(asked, tag), 'Null')
    if (signal?.aborted === true) throw exception(394, 'QUERY_WAS_CANCELLED', 'Nobody waits for it')
  }

  /** What one statement does on its connection. */
  async function whole(connection: Connection, run: Run): Promise<RawAnswer> {
    const tag = randomUUID()
    const unwatch = watch(tag, run.signal)
    try {
      await prepare(connection, run, tag)
      return await addon.QueryAsyncConnection(connection, run.text, run.asked.format)
    } finally {
      unwatch()
    }
  }

  async function* parts(connection: Connection, run: Run): AsyncGenerator<Uint8Array, void> {
    const tag = randomUUID()
    const unwatch = watch(tag, run.signal)
    try {
      // No answer is held whole here, so none is too large.
      const asked = { ...run.asked, settings: [['max_result_bytes', '0'] as const, ...run.asked.settings] }
      await prepare(connection, { ...run, asked }, tag)
      // It reads and plans the text here, on our own thread: some milliseconds.
      const stream = addon.StreamQuery(connection, run.text, run.asked.format)
      try {
        for (;;) {
          const { bytes, done } = await addon.StreamFetch(stream)
          if (done) return
          yield bytes
        }
      } finally {
        addon.StreamCancel(stream)
      }
    } finally {
      unwatch()
    }
  }

  return {
    async run(run) {
      const leave = await turns.enter()
      try {
        if (run.asked.session !== undefined)
          return await sessions.use(run.asked.session, (connection) => whole(connection, run))
        // A connection keeps what is set on it: each statement has a new one, in a fifth of a millisecond.
        const connection = open()
        return await whole(connection, run).finally(() => shut(connection))
      } finally {
        leave()
      }
    },
    async *stream(run) {
      const leave = await turns.enter()
      try {
        const connection = open()
        try {
          yield* parts(connection, run)
        } finally {
          shut(connection)
        }
      } finally {
        leave()
      }
    },
    async close() {
      await turns.end()
      sessions.close()
      shut(keeper)
    },
  }
}
