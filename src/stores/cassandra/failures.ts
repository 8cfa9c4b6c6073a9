import { errors } from 'cassandra-driver'
import { ArchError, OperationFailure } from '../../core/errors.ts'
import type { FailureKind } from '../../core/errors.ts'

/** Answers of the server that a later attempt may not meet, by their codes. Everything else is `unexpected`. */
const KINDS: Readonly<Record<number, FailureKind>> = {
  0x1000: 'unavailable', // too few live replicas
  0x1001: 'unavailable', // overloaded
  0x1002: 'unavailable', // bootstrapping
  0x1100: 'timeout', // of a write
  0x1200: 'timeout', // of a read
}

const CONNECTION_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
])
const BAD_CREDENTIALS = 0x0100
const UNAUTHORIZED = 0x2100

function isLost(error: Error): boolean {
  if (error instanceof errors.BusyConnectionError) return true
  if ('isSocketError' in error && error.isSocketError === true) return true
  return 'code' in error && typeof error.code === 'string' && CONNECTION_CODES.has(error.code)
}

/** What each node said when it was tried. */
function innerErrors(error: Error): readonly Error[] {
  const inner = 'innerErrors' in error ? (error.innerErrors as Record<string, unknown> | null) : null
  return Object.values(inner ?? {}).filter((each) => each instanceof Error)
}

/** Roles and rights are rows in several copies: while too few nodes are there, the server cannot look, and says no. */
export function isUndecided(error: Error): boolean {
  return error.message.includes('Unable to perform auth')
}

function isRefused(error: Error): boolean {
  return (
    !isUndecided(error) &&
    (error instanceof errors.AuthenticationError ||
      (error instanceof errors.ResponseError && error.code === BAD_CREDENTIALS))
  )
}

function ofServer(error: errors.ResponseError): Error {
  if (error.code === UNAUTHORIZED) {
    return new ArchError(
      `Cassandra refuses what was asked: ${error.message}`,
      'Give the role that right, or name another one in ARCH_CASSANDRA_URL.',
      3,
      error,
    )
  }
  return new OperationFailure(KINDS[error.code] ?? 'unexpected', `cassandra: ${error.message}`, error)
}

/** What the driver threw, as OperationFailure, or as ArchError where the password or a right is refused. */
export function classify(error: unknown): Error {
  if (error instanceof OperationFailure || error instanceof ArchError || error instanceof TypeError)
    return error
  if (!(error instanceof Error))
    return new OperationFailure('unexpected', `cassandra: ${String(error)}`, error)
  if (error instanceof errors.NoHostAvailableError) {
    const told = innerErrors(error)
    const cause = told.find(isRefused) ?? told[0]
    if (cause !== undefined) return classify(cause)
    return new OperationFailure('unavailable', 'cassandra: no node answers', error)
  }
  if (isRefused(error)) {
    return new ArchError(
      'Cassandra refuses the user or the password',
      'Correct ARCH_CASSANDRA_URL; an instance of ours whose data is from another one goes with: arch down --volumes',
      3,
      error,
    )
  }
  if (isUndecided(error)) return new OperationFailure('unavailable', `cassandra: ${error.message}`, error)
  if (error instanceof errors.ResponseError) return ofServer(error)
  if (error instanceof errors.OperationTimedOutError)
    return new OperationFailure('timeout', `cassandra: ${error.message}`, error)
  if (error.message.includes('localDataCenter')) {
    return new ArchError(
      `Cassandra: ${error.message}`,
      'Name one of them in ARCH_CASSANDRA_URL: cassandra://user:password@host:9042?datacenter=name',
      3,
      error,
    )
  }
  return new OperationFailure(
    isLost(error) ? 'unavailable' : 'unexpected',
    `cassandra: ${error.message}`,
    error,
  )
}

/** Whether the server refused who asks, not what is asked. */
export function isStranger(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (isRefused(error)) return true
  return [...innerErrors(error), error.cause].some((each) => each instanceof Error && isStranger(each))
}
