import type { Progress } from '../../core/population.ts'
import type { PostgresClient, Statement } from '../../stores/postgres/client.ts'
import type { SeedTable } from './table.ts'
import { chunked } from './text.ts'

/** Connections that copy at a time: one more than that only shares out the same two cores. */
const COPIES = 2

const DONE: Statement = { name: 'seed_steps_done', text: 'SELECT table_name FROM seeding.seed_steps' }
const MARK: Statement = {
  name: 'seed_steps_mark',
  text: 'INSERT INTO seeding.seed_steps (table_name) VALUES ($1)',
}

/**
 * Fills the tables that are not marked as filled, two at a time; those of a stage when those of the stages before it are
 * full. A table that an interruption left half-filled is emptied first.
 */
export async function loadTables(
  postgres: PostgresClient,
  tables: readonly SeedTable[],
  progress: Progress,
): Promise<void> {
  const marks = await postgres.query<{ table_name: string }>(DONE)
  const filled = new Set(marks.map((mark) => mark.table_name))
  const total = tables.reduce((sum, table) => sum + table.rows, 0)
  let done = tables.reduce((sum, table) => sum + (filled.has(table.name) ? table.rows : 0), 0)
  const load = async (table: SeedTable): Promise<void> => {
    await postgres.execute(table.empty ?? `TRUNCATE ${table.name} CASCADE`)
    const rows = chunked(table.generate(), (count) => {
      done += count
      progress('seed', done, total, 'rows')
    })
    await postgres.copyIn(`COPY ${table.name} (${table.columns}) FROM STDIN`, rows)
    await postgres.query(MARK, [table.name])
  }
  const stages = [...new Set(tables.map((table) => table.stage))].sort((one, other) => one - other)
  for (const stage of stages) {
    await twoAtATime(
      tables.filter((table) => table.stage === stage && !filled.has(table.name)),
      load,
    )
  }
}

/** Both lanes end before the first failure is thrown: a copy that goes on would write into what the caller tidies up. */
async function twoAtATime(
  tables: readonly SeedTable[],
  load: (table: SeedTable) => Promise<void>,
): Promise<void> {
  const waiting = [...tables]
  const ends = await Promise.allSettled(
    Array.from({ length: COPIES }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        await load(next).catch((error: unknown) => {
          waiting.length = 0
          throw error
        })
      }
    }),
  )
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}
