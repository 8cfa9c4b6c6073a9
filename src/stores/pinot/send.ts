import { Agent as HttpAgent, request as requestHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { text as textOf } from 'node:stream/consumers'
import { ArchError, OperationFailure } from '../../core/errors.ts'
import type { Address, StoreEndpoint } from '../../core/store.ts'
import type { ConnectOptions } from '../../core/store-module.ts'
import { refusal } from './answers.ts'

const DEFAULT_TIMEOUT_MS = 10_000

/** One HTTP request. */
export interface Request {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly body?: object
  /** Who is asked; default the controller. */
  readonly of?: Address
  readonly signal?: AbortSignal | undefined
  /** Whether 404 is an answer: then the body is undefined. */
  readonly mayMiss?: boolean
}

export interface Answer {
  /** What the JSON says. */
  readonly body: unknown
  /** Characters of request and answer. */
  readonly bytes: number
}

/** A way to ask one Pinot, over keep-alive connections. */
export interface Sender {
  /** @throws OperationFailure, or ArchError where the password is refused */
  readonly send: (request: Request) => Promise<Answer>
  readonly close: () => void
}

interface Said {
  readonly status: number
  readonly text: string
}

function saidBy({ status, text }: Said): string {
  const said = refusal.safeParse(parsed(text))
  return said.success ? said.data.error : `status ${status}`
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Opens no connection before the first request. */
export function openSender(
  endpoint: StoreEndpoint,
  options: Pick<ConnectOptions, 'poolSize' | 'statementTimeoutMs'>,
): Sender {
  const { user, password, tls } = endpoint
  const pool = { keepAlive: true, maxSockets: options.poolSize, scheduling: 'lifo' } as const
  const agent = tls === true ? new HttpsAgent(pool) : new HttpAgent(pool)
  const ask = tls === true ? requestHttps : requestHttp
  const boundMs = options.statementTimeoutMs ?? DEFAULT_TIMEOUT_MS
  const login =
    user === undefined
      ? {}
      : { authorization: `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}` }

  function exchange(
    at: Address,
    { method, path }: Request,
    body: string,
    signal: AbortSignal,
  ): Promise<Said> {
    return new Promise((resolve, reject) => {
      const headers = {
        ...login,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      }
      const sent = ask({ host: at.host, port: at.port, method, path, headers, agent, signal }, (answer) => {
        textOf(answer).then((text) => resolve({ status: answer.statusCode ?? 0, text }), reject)
      })
      sent.once('error', reject)
      sent.end(body)
    })
  }

  async function send(request: Request): Promise<Answer> {
    const at = request.of ?? endpoint
    const body = request.body === undefined ? '' : JSON.stringify(request.body)
    const late = boundMs === 0 ? [] : [AbortSignal.timeout(boundMs)]
    const signal = AbortSignal.any([...(request.signal === undefined ? [] : [request.signal]), ...late])
    let said: Said
    try {
      said = await exchange(at, request, body, signal)
    } catch (error) {
      if (signal.aborted) throw new OperationFailure('timeout', 'pinot: no answer in time', error)
      throw new OperationFailure('unavailable', `pinot: ${String(error)}`, error)
    }
    const bytes = body.length + said.text.length
    if (said.status === 200) return { body: parsed(said.text), bytes }
    if (said.status === 404 && request.mayMiss === true) return { body: undefined, bytes }
    if (said.status === 401 || said.status === 403)
      throw new ArchError(
        `Pinot at ${at.host}:${at.port} refuses the user or the password`,
        'Correct ARCH_PINOT_URL.',
      )
    const kind = said.status === 503 ? 'unavailable' : 'unexpected'
    throw new OperationFailure(kind, `pinot: ${request.method} ${request.path}: ${saidBy(said)}`)
  }

  return { send, close: () => agent.destroy() }
}
