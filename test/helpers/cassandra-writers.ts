// Writers of rows that are their own witnesses, and what the nodes have of them.
import type { StoreEndpoint } from '../../src/core/store.ts'
import type { CassandraClient, CassandraStatement } from '../../src/stores/cassandra/client.ts'

const ADD: CassandraStatement = {
  text: 'INSERT INTO kept (writer, number, body) VALUES (?, ?, ?)',
  idempotent: true,
}
const READ: CassandraStatement = { text: 'SELECT number FROM kept WHERE writer = ?', idempotent: true }
const BODY = Buffer.alloc(200, 7)

/** Makes the table. */
export async function makeKept(server: CassandraClient): Promise<CassandraClient> {
  await server.createKeyspace('kept')
  const client = server.withKeyspace('kept')
  await client.execute(
    'CREATE TABLE IF NOT EXISTS kept (writer int, number int, body blob, PRIMARY KEY (writer, number))',
  )
  return client
}

/** Writes one row for `writer`. */
export async function writeOne(
  client: CassandraClient,
  writer: number,
  number: number,
  consistency: 'LOCAL_QUORUM' | 'EACH_QUORUM' = 'LOCAL_QUORUM',
): Promise<void> {
  await client.query(ADD, [writer, number, BODY], { consistency })
}

/** Who writes, and what was acknowledged to each. */
export interface Writers {
  readonly acknowledged: ReadonlyMap<number, readonly number[]>
  /** How writes failed that did. */
  readonly failures: readonly unknown[]
  /** Resolves when so many more writes are acknowledged. */
  more(writes: number): Promise<void>
  stop(): Promise<void>
}

/** Starts to write, one row after the other in each of 16 lanes; a write that fails is left, and the next one begun. */
export function startWriters(client: CassandraClient, first = 0): Writers {
  const acknowledged = new Map<number, number[]>()
  const failures: unknown[] = []
  let total = 0
  let stopped = false
  let goal = { total: Number.POSITIVE_INFINITY, reached: (): void => undefined }
  async function write(writer: number): Promise<void> {
    const own: number[] = []
    acknowledged.set(writer, own)
    for (let number = 0; !stopped; number += 1) {
      try {
        await writeOne(client, writer, number)
        own.push(number)
        total += 1
      } catch (error) {
        failures.push(error)
      }
      if (total >= goal.total) goal.reached()
    }
  }
  const writing = Promise.all(Array.from({ length: 16 }, (_, lane) => write(first + lane)))
  return {
    acknowledged,
    failures,
    async more(writes) {
      const { promise, resolve } = Promise.withResolvers<void>()
      goal = { total: total + writes, reached: resolve }
      await promise
    },
    async stop() {
      stopped = true
      await writing
    },
  }
}

/** How many acknowledged rows are not there, as a client reads them at `consistency`. */
export async function missing(
  client: CassandraClient,
  { acknowledged }: Pick<Writers, 'acknowledged'>,
  consistency: 'LOCAL_QUORUM' | 'LOCAL_ONE' = 'LOCAL_QUORUM',
): Promise<number> {
  let lost = 0
  for (const [writer, own] of acknowledged) {
    const rows: number[] = []
    for (let state: string | undefined, isLast = false; !isLast; isLast = state === undefined) {
      const ask = { size: 2_000, consistency, ...(state === undefined ? {} : { state }) }
      const page = await client.page<{ number: number }>(READ, [writer], ask)
      rows.push(...page.rows.map(({ number }) => number))
      state = page.next
    }
    const there = new Set(rows)
    lost += own.filter((number) => !there.has(number)).length
  }
  return lost
}

/** One of the nodes of a store, to be asked by itself. */
export function nodeAlone(endpoint: StoreEndpoint, index: number): StoreEndpoint {
  const at = index === 0 ? endpoint : endpoint.further?.[index - 1]
  if (at === undefined) throw new Error(`there is no node ${index}`)
  return { ...endpoint, host: at.host, port: at.port, further: [] }
}
