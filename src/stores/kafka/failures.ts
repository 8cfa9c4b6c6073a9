import { GenericError, MultipleErrors, findErrorBy } from '@platformatic/kafka'
import { OperationFailure } from '../../core/errors.ts'
import type { FailureKind } from '../../core/errors.ts'

const CONNECTION_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
])

/** The causes of an error, the last attempt's first. */
function causesOf(error: Error): Error[] {
  const inner = error instanceof AggregateError ? (error.errors as readonly unknown[]).toReversed() : []
  const below = [...inner, error.cause].filter((cause) => cause instanceof Error)
  return [error, ...below.flatMap(causesOf)]
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : ''
}

function wordsOf(error: Error): string {
  const detail = 'serverErrorMessage' in error ? error.serverErrorMessage : undefined
  return typeof detail === 'string' && detail !== '' ? detail : error.message
}

/** The server's or the system's own words: what wraps them says only that something failed. */
function messageOf(causes: readonly Error[]): string {
  const own = causes.find((cause) => !(cause instanceof MultipleErrors) && cause.message !== '')
  const told = causes.find((cause) => CONNECTION_CODES.has(codeOf(cause))) ?? own ?? causes[0]
  return told === undefined ? '' : wordsOf(told)
}

/** The driver wraps a refused password as a connection that failed: another attempt would be refused as well. */
function isRefused(causes: readonly Error[]): boolean {
  return causes.some((cause) => codeOf(cause) === 'PLT_KFK_AUTHENTICATION')
}

function kindOf(causes: readonly Error[]): FailureKind {
  for (const cause of causes) {
    const code = codeOf(cause)
    if (CONNECTION_CODES.has(code) || code === 'PLT_KFK_NETWORK') return 'unavailable'
    if (code === 'PLT_KFK_TIMEOUT') return 'timeout'
    if (code === 'PLT_KFK_PROTOCOL' && 'canRetry' in cause)
      return cause.canRetry === true ? 'unavailable' : 'unexpected'
  }
  return 'unexpected'
}

/** Whether an error of the driver carries one of the protocol's errors, e.g. `OFFSET_OUT_OF_RANGE`. */
export function isProtocolError(error: unknown, id: string): boolean {
  return error instanceof Error && findErrorBy(error, 'apiId', id) !== null
}

/** Whether the same request may succeed later. */
export function isTransient(error: unknown): boolean {
  return classify(error).kind !== 'unexpected'
}

/** What the driver threw, as an `OperationFailure`. */
export function classify(error: unknown): OperationFailure {
  if (error instanceof OperationFailure) return error
  if (!(error instanceof Error)) return new OperationFailure('unexpected', `kafka: ${String(error)}`, error)
  const causes = causesOf(error)
  if (isRefused(causes))
    return new OperationFailure('unexpected', 'kafka: the user or the password is refused', error)
  const kind =
    GenericError.isGenericError(error) || CONNECTION_CODES.has(codeOf(error)) ? kindOf(causes) : 'unexpected'
  return new OperationFailure(kind, `kafka: ${messageOf(causes)}`, error)
}

/** Awaits the driver. @throws OperationFailure */
export async function asked<Value>(answer: Promise<Value>): Promise<Value> {
  try {
    return await answer
  } catch (error) {
    throw classify(error)
  }
}

/** A topic that is not there. */
export function noTopic(name: string): OperationFailure {
  return new OperationFailure('unexpected', `kafka: there is no topic '${name}'`)
}
