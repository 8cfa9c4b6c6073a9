import type { CassandraClient, CassandraStatement, CassandraValue } from '../../../stores/cassandra/client.ts'

const PAGE = 2_000

/** All rows of a statement, page by page. @throws OperationFailure */
export async function* allRows<Row extends object>(
  cassandra: CassandraClient,
  statement: CassandraStatement,
  values: readonly CassandraValue[] = [],
): AsyncGenerator<Row> {
  let state: string | undefined
  do {
    const page: { readonly rows: readonly Row[]; readonly next?: string } = await cassandra.page<Row>(
      statement,
      values,
      { size: PAGE, timeoutMs: 60_000, ...(state === undefined ? {} : { state }) },
    )
    yield* page.rows
    state = page.next
  } while (state !== undefined)
}
