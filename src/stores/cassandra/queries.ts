import type { Client, QueryOptions, types } from 'cassandra-driver'
import { countRoundTrip } from '../../core/cost.ts'
import { OperationFailure } from '../../core/errors.ts'
import type {
  CassandraApplied,
  CassandraAsk,
  CassandraClient,
  CassandraStatement,
  CassandraValue,
  Consistency,
} from './client.ts'
import type { Measured } from './driver.ts'
import { classify } from './failures.ts'
import type { Pool } from './pool.ts'
import type { Prepared } from './prepared.ts'
import { rowsOf } from './rows.ts'

/** Rows of a question that is not asked for pages. */
const MOST_ROWS = 5_000
const CONSISTENCY: Readonly<Record<Consistency, number>> = {
  ONE: 1,
  QUORUM: 4,
  ALL: 5,
  LOCAL_QUORUM: 6,
  EACH_QUORUM: 7,
  SERIAL: 8,
  LOCAL_SERIAL: 9,
  LOCAL_ONE: 10,
}
/** A page state is the driver's hexadecimal text. */
const PAGE_STATE = /^([0-9a-f]{2})+$/i

/** Connections, and the bound of a statement over them in milliseconds; 0 for none. */
export interface Route {
  readonly pool: Pool
  readonly timeoutMs: number
}

/** A statement as the server knows it, and the driver that has prepared it. */
interface Ready {
  readonly driver: Client
  readonly prepared: Prepared
}

/** The bound of the driver is of one request; connecting and preparing are several. */
async function within<Value>(work: Promise<Value>, timeoutMs: number): Promise<Value> {
  if (timeoutMs === 0) return work
  const late = Promise.withResolvers<never>()
  const message = `cassandra: no answer within ${timeoutMs} ms`
  const timer = setTimeout(() => late.reject(new OperationFailure('timeout', message)), timeoutMs)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

async function firstUse(pool: Pool, statement: CassandraStatement): Promise<Ready> {
  const { driver, statements } = await pool.connected()
  return { driver, prepared: statements.known(statement) ?? (await statements.prepare(statement)) }
}

/** The hot path, once a statement is prepared, awaits nothing. */
function readyFor(route: Route, statement: CassandraStatement, timeoutMs: number): Promise<Ready> | Ready {
  const current = route.pool.current()
  const prepared = current?.statements.known(statement)
  return current === undefined || prepared === undefined
    ? within(firstUse(route.pool, statement), timeoutMs)
    : { driver: current.driver, prepared }
}

function optionsOf(route: Route, ask: CassandraAsk, isIdempotent: boolean): Measured {
  return {
    bytes: 0,
    prepare: true,
    isIdempotent,
    consistency: CONSISTENCY[ask.consistency ?? 'LOCAL_QUORUM'],
    serialConsistency: CONSISTENCY[ask.serialConsistency ?? 'LOCAL_SERIAL'],
    readTimeout: ask.timeoutMs ?? route.timeoutMs,
  }
}

function count(ask: CassandraAsk, statements: number, result: types.ResultSet, options: Measured): void {
  if (ask.cost !== undefined)
    countRoundTrip(ask.cost, 'cassandra', statements, result.rowLength ?? 0, options.bytes)
}

async function send(
  route: Route,
  statement: CassandraStatement,
  values: readonly CassandraValue[],
  ask: CassandraAsk,
  paging: QueryOptions,
): Promise<types.ResultSet> {
  try {
    const { driver, prepared } = await readyFor(route, statement, ask.timeoutMs ?? route.timeoutMs)
    const options = { ...optionsOf(route, ask, statement.idempotent), ...paging }
    const result = await driver.execute(statement.text, prepared.bind(values), options)
    count(ask, 1, result, options)
    return result
  } catch (error) {
    throw classify(error)
  }
}

function appliedOf<Row extends object>(result: types.ResultSet): CassandraApplied<Row> {
  const [row] = rowsOf<Record<string, unknown>>(result)
  if (row?.['[applied]'] !== false) return { applied: true }
  const { '[applied]': _, ...found } = row
  return Object.keys(found).length === 0 ? { applied: false } : { applied: false, found: found as Row }
}

async function sendBatch(
  route: Route,
  writes: Parameters<CassandraClient['batch']>[0],
  ask: CassandraAsk,
): Promise<types.ResultSet> {
  const readies = await Promise.all(
    writes.map(async ({ statement }) => readyFor(route, statement, ask.timeoutMs ?? route.timeoutMs)),
  )
  const partitions = new Set<string>()
  const queries = writes.map(({ statement, values }, index) => {
    const { prepared } = readies[index] as Ready
    const params = prepared.bind(values)
    partitions.add(prepared.partitionOf(params))
    return { query: statement.text, params }
  })
  if (partitions.size > 1)
    throw new TypeError(`a batch is of one partition, and this one is of ${partitions.size} (M-21)`)
  const isIdempotent = writes.every(({ statement }) => statement.idempotent)
  const options = { ...optionsOf(route, ask, isIdempotent), logged: false }
  const { driver } = readies[0] as Ready
  const result = await driver.batch(queries, options)
  count(ask, queries.length, result, options)
  return result
}

/** The statements of `CassandraClient` over whichever pool is there when one runs. */
export function queriesOver(
  route: () => Route,
): Pick<CassandraClient, 'query' | 'page' | 'applyIf' | 'batch'> {
  return {
    async query<Row extends object>(
      statement: CassandraStatement,
      values: readonly CassandraValue[] = [],
      ask: CassandraAsk = {},
    ) {
      const result = await send(route(), statement, values, ask, { fetchSize: MOST_ROWS })
      if (result.pageState) {
        throw new OperationFailure(
          'unexpected',
          `cassandra: '${statement.text}' has more than ${MOST_ROWS} rows: ask for pages`,
        )
      }
      return rowsOf<Row>(result)
    },
    async page(statement, values, ask) {
      const { size, state } = ask
      if (state !== undefined && !PAGE_STATE.test(state))
        throw new TypeError('that is no state of a page: pass on `next` of the page before')
      const result = await send(route(), statement, values, ask, {
        fetchSize: size,
        ...(state === undefined ? {} : { pageState: state }),
      })
      return { rows: rowsOf(result), ...(result.pageState ? { next: result.pageState } : {}) }
    },
    async applyIf(statement, values, ask = {}) {
      return appliedOf(await send(route(), statement, values, ask, {}))
    },
    async batch(writes, ask = {}) {
      try {
        return writes.length === 0 ? { applied: true } : appliedOf(await sendBatch(route(), writes, ask))
      } catch (error) {
        throw classify(error)
      }
    },
  }
}
