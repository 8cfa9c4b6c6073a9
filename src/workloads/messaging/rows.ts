import type {
  CassandraAsk,
  CassandraClient,
  CassandraStatement,
  CassandraValue,
} from '../../stores/cassandra/client.ts'

const PAGE = 2_000
/** Nobody waits for an audit. */
const PATIENT: CassandraAsk = { timeoutMs: 60_000 }

/** All rows of a statement, page by page; each may take a minute unless something else is asked for. @throws OperationFailure */
export async function* allRows<Row extends object>(
  cassandra: CassandraClient,
  statement: CassandraStatement,
  values: readonly CassandraValue[] = [],
  ask: CassandraAsk = PATIENT,
): AsyncGenerator<Row> {
  let state: string | undefined
  do {
    const page: { readonly rows: readonly Row[]; readonly next?: string } = await cassandra.page<Row>(
      statement,
      values,
      { ...ask, size: PAGE, ...(state === undefined ? {} : { state }) },
    )
    yield* page.rows
    state = page.next
  } while (state !== undefined)
}

/** The same as a list: of what may be more than one round trip answers, and fits into memory. @throws OperationFailure */
export async function rowsOf<Row extends object>(
  cassandra: CassandraClient,
  statement: CassandraStatement,
  values: readonly CassandraValue[],
): Promise<readonly Row[]> {
  const rows: Row[] = []
  for await (const row of allRows<Row>(cassandra, statement, values, {})) rows.push(row)
  return rows
}
