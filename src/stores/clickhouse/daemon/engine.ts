import { loadAddon } from './addon.ts'
import type { Connection, RawAnswer } from './addon.ts'
import type { Configuration } from './configuration.ts'
import { literal } from './insert.ts'
import type { Asked } from './request.ts'
import { sessionsOver } from './sessions.ts'
import { turnsOf } from './turns.ts'

/** The engine of this process, open on its one directory. */
export interface Engine {
  /** Runs one text. @throws what the engine throws: an Error with `Code: N. DB::Exception: ...` */
  run(asked: Asked, text: string): Promise<RawAnswer>
  /** Waits for the statements that run, and closes the directory. */
  close(): Promise<void>
}

/** What makes a fresh connection the one that the statement asks for. */
function preparationOf({ database, settings, parameters }: Asked): string {
  const named = [...settings, ...parameters].map(([name, value]) => `${name} = ${literal(value)}`)
  const steps = [
    ...(database === undefined
      ? []
      : [`USE \`${database.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``]),
    ...(named.length === 0 ? [] : [`SET ${named.join(', ')}`]),
  ]
  return steps.join('; ')
}

/** Opens the directory. @throws Error where another process has it open, or it cannot be read */
export function openEngine(configuration: Configuration): Engine {
  const { engine, data, concurrent } = configuration
  const addon = loadAddon(engine.folder, engine.packageName)
  const args = Object.entries(configuration.settings).map(([name, value]) => `--${name}=${value}`)
  const open = (): Connection => addon.CreateConnection(data, args)
  // Held to the end, so that the directory stays open between statements.
  const keeper = open()
  const turns = turnsOf(concurrent)
  const sessions = sessionsOver(open, (connection) => addon.CloseConnection(connection))

  async function runOn(connection: Connection, asked: Asked, text: string): Promise<RawAnswer> {
    const preparation = preparationOf(asked)
    if (preparation !== '') await addon.QueryAsyncConnection(connection, preparation, 'Null')
    return addon.QueryAsyncConnection(connection, text, asked.format)
  }

  return {
    run: (asked, text) =>
      turns.take(async () => {
        if (asked.session !== undefined)
          return sessions.use(asked.session, (connection) => runOn(connection, asked, text))
        // A connection keeps what is set on it: each statement has a new one, in a fifth of a millisecond.
        const connection = open()
        try {
          return await runOn(connection, asked, text)
        } finally {
          addon.CloseConnection(connection)
        }
      }),
    async close() {
      await turns.end()
      sessions.close()
      addon.CloseConnection(keeper)
    },
  }
}
