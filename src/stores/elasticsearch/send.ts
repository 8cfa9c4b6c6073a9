import { Client, CloudConnectionPool } from '@elastic/elasticsearch'
import { countRoundTrip } from '../../core/cost.ts'
import type { Cost } from '../../core/cost.ts'
import type { StoreEndpoint } from '../../core/store.ts'
import type { ConnectOptions } from '../../core/store-module.ts'
import { classify } from './failures.ts'
import { ExactSerializer, sizeOf } from './json.ts'

const DEFAULT_TIMEOUT_MS = 10_000
/** The longest that a timer holds: 24 days. */
const NO_BOUND_MS = 2 ** 31 - 1

/** One HTTP request. */
export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD'
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean>>
  readonly body?: object
  /** Lines of JSON, in place of a body. */
  readonly lines?: string
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Whether 404 is an answer: then `found` is false. */
  readonly mayMiss?: boolean
}

export interface Answer {
  readonly body: unknown
  readonly found: boolean
  /** Characters of request and answer. */
  readonly bytes: number
}

/** A way to ask one server, over keep-alive connections. */
export interface Sender {
  /** @throws OperationFailure or ArchError, see `classify` */
  readonly send: (request: Request) => Promise<Answer>
  readonly close: () => Promise<void>
}

/** Adds a request that carried `documents` to `cost`, where there is one. */
export function count(cost: Cost | undefined, answer: Answer, statements: number, documents: number): void {
  if (cost !== undefined) countRoundTrip(cost, 'elasticsearch', statements, documents, answer.bytes)
}

function clientAt(endpoint: StoreEndpoint, poolSize: number): Client {
  const { user, password } = endpoint
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host
  return new Client({
    node: `${endpoint.tls === true ? 'https' : 'http'}://${host}:${endpoint.port}`,
    ...(user === undefined || password === undefined ? {} : { auth: { username: user, password } }),
    // One server, asked whatever became of the request before. A retry would hide a failure, and run writes twice.
    ConnectionPool: CloudConnectionPool,
    maxRetries: 0,
    agent: { connections: poolSize },
    Serializer: ExactSerializer,
    enableMetaHeader: false,
  })
}

/** Opens no connection before the first request. */
export function openSender(
  endpoint: StoreEndpoint,
  options: Pick<ConnectOptions, 'poolSize' | 'applicationName' | 'statementTimeoutMs'>,
): Sender {
  const client = clientAt(endpoint, options.poolSize)
  const server = `${endpoint.host}:${endpoint.port}`
  const bound = options.statementTimeoutMs ?? DEFAULT_TIMEOUT_MS
  const opaqueId = options.applicationName.replaceAll(/[^\w.:-]/g, '-')

  return {
    async send({ method, path, query, body, lines, timeoutMs, signal, mayMiss }) {
      try {
        const answer = await client.transport.request(
          {
            method,
            path,
            ...(query === undefined ? {} : { querystring: { ...query } }),
            ...(lines === undefined ? (body === undefined ? {} : { body }) : { bulkBody: lines }),
          },
          {
            meta: true,
            opaqueId,
            requestTimeout: timeoutMs ?? (bound === 0 ? NO_BOUND_MS : bound),
            ...(signal === undefined ? {} : { signal }),
            ...(mayMiss === true ? { ignore: [404] } : {}),
          },
        )
        return {
          body: answer.body,
          found: answer.statusCode !== 404,
          bytes: (lines?.length ?? sizeOf(body)) + sizeOf(answer.body),
        }
      } catch (error) {
        throw classify(error, server, signal)
      }
    },
    close: () => client.close(),
  }
}
