import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { Readable } from 'node:stream'
import { text as textOf } from 'node:stream/consumers'
import { ClickHouseLogLevel, createClient } from '@clickhouse/client'
import type { ClickHouseClient as Driver } from '@clickhouse/client'
import { z } from 'zod'
import type { StoreEndpoint } from '../../core/store.ts'
import type { ConnectOptions } from '../../core/store-module.ts'
import type { ClickHouseAsk } from './client.ts'
import { classify } from './failures.ts'

const DEFAULT_BOUND_MS = 10_000
/** The server ends a statement at its bound and says so; who does not hear of it by then gives up. */
const GRACE_MS = 2_000
/** The longest that a timer holds: 24 days. */
const LONGEST_MS = 2 ** 31 - 1

const Summary = z.object({ written_rows: z.coerce.number().default(0) })

export interface Answer {
  readonly text: string
  /** As far as the server says it. */
  readonly rowsWritten: number
}

/** A way to ask one server, over keep-alive connections. */
export interface Sender {
  /** @param body sent as it is, behind the text. @throws OperationFailure or ArchError, see `classify` */
  send(
    database: string | undefined,
    text: string,
    ask: ClickHouseAsk,
    body?: readonly Buffer[],
  ): Promise<Answer>
  close(): Promise<void>
}

function rowsWrittenBy(header: unknown): number {
  return Summary.parse(typeof header === 'string' ? JSON.parse(header) : {}).written_rows
}

/** When the server must be done with a statement, and a signal for when nobody waits for it any more. */
interface Patience {
  /** 0 for no bound. */
  readonly seconds: number
  readonly signal: AbortSignal
  readonly end: () => void
}

function patienceFor(ask: ClickHouseAsk, boundMs: number): Patience {
  const asked = ask.settings?.['max_execution_time']
  const seconds = asked === undefined ? boundMs / 1000 : Number(asked)
  const late = new AbortController()
  const timer =
    seconds === 0
      ? undefined
      : setTimeout(() => late.abort(), Math.min(seconds * 1000 + GRACE_MS, LONGEST_MS))
  return {
    seconds,
    signal: ask.signal === undefined ? late.signal : AbortSignal.any([ask.signal, late.signal]),
    end: () => clearTimeout(timer),
  }
}

/**
 * Opens no connection before the first request. The official driver: it passes a stream of bytes on as it is, without
 * a copy or a look at it, and knows how values are written into parameters.
 */
export function openSender(
  endpoint: StoreEndpoint,
  options: Pick<ConnectOptions, 'poolSize' | 'applicationName' | 'statementTimeoutMs'>,
): Sender {
  const { user, password, tls } = endpoint
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host
  const boundMs = options.statementTimeoutMs ?? DEFAULT_BOUND_MS
  const pool = { keepAlive: true, maxSockets: options.poolSize, scheduling: 'lifo' } as const
  // The driver keeps one database for each of its clients; connections are common to all of them.
  const agent = tls === true ? new HttpsAgent(pool) : new HttpAgent(pool)
  const drivers = new Map<string | undefined, Driver>()

  function driverOf(database: string | undefined): Driver {
    const known = drivers.get(database)
    if (known !== undefined) return known
    const driver = createClient({
      url: `${tls === true ? 'https' : 'http'}://${host}:${endpoint.port}`,
      ...(user === undefined ? {} : { username: user }),
      ...(password === undefined ? {} : { password }),
      ...(database === undefined ? {} : { database }),
      application: options.applicationName,
      http_agent: agent,
      // Each driver would end idle connections that another one has taken; the agent ends them as the server asks.
      keep_alive: { enabled: true, idle_socket_ttl: 0 },
      // Bounds go with each statement.
      request_timeout: 0,
      log: { level: ClickHouseLogLevel.OFF },
    })
    drivers.set(database, driver)
    return driver
  }

  return {
    async send(database, text, ask, body) {
      const { seconds, signal, end } = patienceFor(ask, boundMs)
      try {
        if (signal.aborted) throw new Error('The user aborted a request.')
        const { stream, response_headers: headers } = await driverOf(database).exec({
          query: text,
          ...(body === undefined ? {} : { values: Readable.from(body, { objectMode: false }) }),
          ...(ask.parameters === undefined ? {} : { query_params: { ...ask.parameters } }),
          clickhouse_settings: {
            // The whole answer or an exception, and a summary of all of it.
            wait_end_of_query: 1,
            ...ask.settings,
            max_execution_time: seconds,
          },
          abort_signal: signal,
        })
        return { text: await textOf(stream), rowsWritten: rowsWrittenBy(headers?.['x-clickhouse-summary']) }
      } catch (error) {
        throw classify(error, `${endpoint.host}:${endpoint.port}`)
      } finally {
        end()
      }
    },
    async close() {
      await Promise.all([...drivers.values()].map((driver) => driver.close()))
      agent.destroy()
    },
  }
}
