import type { Pool, PoolClient } from 'pg'
import { countRoundTrip } from '../../core/cost.ts'
import type { Cost } from '../../core/cost.ts'
import { OperationFailure } from '../../core/errors.ts'
import type { PostgresQueries, SqlValue, Statement } from './client.ts'
import { breaksConnection, classify } from './failures.ts'
import { acquire, runStatement } from './pool.ts'

async function rollBack(client: PoolClient, cause: unknown): Promise<void> {
  if (breaksConnection(cause)) return client.release(true)
  try {
    await client.query('ROLLBACK')
    client.release()
  } catch {
    client.release(true)
  }
}

/**
 * Runs `work` between `begin` and COMMIT on one connection; rolls back when it throws. BEGIN and COMMIT are counted
 * in the last cost that a statement of the transaction was counted in.
 * @throws OperationFailure as `query`; `unexpected` when the server rolled back what it was asked to commit
 */
export async function inTransaction<Result>(
  pool: Pool,
  timeoutMs: number,
  begin: string,
  work: (queries: PostgresQueries) => Promise<Result>,
): Promise<Result> {
  const client = await acquire(pool)
  const since = performance.now()
  let counted: Cost | undefined
  const queries: PostgresQueries = {
    async query<Row extends object>(
      statement: Statement,
      values?: readonly SqlValue[],
      cost?: Cost,
    ): Promise<Row[]> {
      counted = cost ?? counted
      try {
        return await runStatement<Row>(client, statement, values, cost, timeoutMs)
      } catch (error) {
        throw classify(error)
      }
    },
    async execute(text: string): Promise<void> {
      await client.query(text)
    },
  }
  let result: Result
  try {
    await client.query(begin)
    result = await work(queries)
    const end = await client.query('COMMIT')
    // COMMIT of a failed transaction answers ROLLBACK and no error.
    if (end.command !== 'COMMIT') {
      throw new OperationFailure(
        'unexpected',
        'postgres: a failed transaction was committed, and rolled back',
      )
    }
  } catch (error) {
    await rollBack(client, error instanceof OperationFailure ? (error.cause ?? error) : error)
    throw classify(error)
  } finally {
    if (counted !== undefined) counted.connectionMicros += (performance.now() - since) * 1_000
  }
  client.release()
  if (counted !== undefined) {
    countRoundTrip(counted, 'postgres', 1, 0, 0)
    countRoundTrip(counted, 'postgres', 1, 0, 0)
  }
  return result
}
