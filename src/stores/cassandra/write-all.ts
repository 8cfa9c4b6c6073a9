import type { CassandraClient, CassandraValue, CassandraWriteAll } from './client.ts'

const DEFAULT_CONCURRENCY = 128

/** Takes rows as they come, for several writers: one iterator is asked one thing at a time. */
function sharedRows(
  rows: Parameters<CassandraClient['writeAll']>[1],
): () => Promise<IteratorResult<readonly CassandraValue[]>> {
  const iterator = Symbol.asyncIterator in rows ? rows[Symbol.asyncIterator]() : rows[Symbol.iterator]()
  let last: Promise<unknown> = Promise.resolve()
  return () => {
    const next = last.then(() => iterator.next())
    last = next.catch(() => undefined)
    return next
  }
}

/** One write for each list of values, `concurrency` at a time. Stops at the first failure, once no write is under way. */
export async function writeAll(
  query: CassandraClient['query'],
  statement: Parameters<CassandraClient['writeAll']>[0],
  rows: Parameters<CassandraClient['writeAll']>[1],
  ask: CassandraWriteAll,
): Promise<number> {
  const { concurrency = DEFAULT_CONCURRENCY, ...rest } = ask
  const take = sharedRows(rows)
  const failures: unknown[] = []
  let written = 0
  async function write(): Promise<void> {
    try {
      for (let row = await take(); row.done !== true && failures.length === 0; row = await take()) {
        await query(statement, row.value, rest)
        written += 1
      }
    } catch (error) {
      failures.push(error)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, write))
  if (failures.length > 0) throw failures[0]
  return written
}
