import { ClickHouseError } from '@clickhouse/client'
import { ArchError, OperationFailure } from '../../core/errors.ts'
import type { FailureKind } from '../../core/errors.ts'

/** Exceptions that a later attempt may not meet, by their codes. Everything else is `unexpected`. */
const KINDS: Readonly<Record<number, FailureKind>> = {
  159: 'timeout', // TIMEOUT_EXCEEDED
  160: 'timeout', // TOO_SLOW
  209: 'timeout', // SOCKET_TIMEOUT
  394: 'timeout', // QUERY_WAS_CANCELLED
  202: 'unavailable', // TOO_MANY_SIMULTANEOUS_QUERIES
  203: 'unavailable', // NO_FREE_CONNECTION
  210: 'unavailable', // NETWORK_ERROR
  236: 'unavailable', // ABORTED
  241: 'unavailable', // MEMORY_LIMIT_EXCEEDED
  242: 'unavailable', // TABLE_IS_READ_ONLY
  243: 'unavailable', // NOT_ENOUGH_SPACE
  252: 'unavailable', // TOO_MANY_PARTS
  439: 'unavailable', // CANNOT_SCHEDULE_TASK
  473: 'unavailable', // DEADLOCK_AVOIDED
}

const STRANGERS = new Set([192, 193, 194, 516])
const ACCESS_DENIED = 497
const UNKNOWN_POLICY = 478
/** What the driver says without a code. */
const LATE = /^Timeout error|^The user aborted a request|^The operation was aborted/

/**
 * The code of the server's exception behind an error, or undefined where it was none: 6, 26, 27, 33, 38, 41, 53, 72 and
 * 117 for rows that cannot be parsed, 241 memory, 243 disk, 252 too many parts.
 */
export function exceptionCode(error: unknown): number | undefined {
  if (error instanceof ClickHouseError) return Number(error.code)
  return error instanceof Error && error.cause !== undefined ? exceptionCode(error.cause) : undefined
}

function ofServer(error: ClickHouseError, server: string): Error {
  const code = Number(error.code)
  const said = `${error.message.trim()} (${error.type ?? 'no type'}, code ${code})`
  if (STRANGERS.has(code)) {
    return new ArchError(
      `ClickHouse at ${server} refuses the user or the password`,
      'Correct ARCH_CLICKHOUSE_URL; an instance of ours whose data is from another one goes with: arch down --volumes',
    )
  }
  if (code === ACCESS_DENIED) {
    return new ArchError(
      `ClickHouse at ${server} does not allow this: ${said}`,
      'The user of ARCH_CLICKHOUSE_URL needs everything on databases called arch*, and SELECT on system.*.',
    )
  }
  if (code === UNKNOWN_POLICY) {
    return new ArchError(
      `ClickHouse at ${server} has no volume for what is old: ${said}`,
      'A native server that runs since before arch gave it one takes it by `arch down` and `arch up`; for any other see docs/stores.md, ClickHouse.',
    )
  }
  return new OperationFailure(KINDS[code] ?? 'unexpected', `clickhouse: ${said}`, error)
}

/**
 * What the driver threw, as an `OperationFailure` or, where the server refuses the password or the right, an
 * `ArchError`.
 * @param server `host:port`, for people
 */
export function classify(error: unknown, server: string): unknown {
  if (error instanceof ClickHouseError) return ofServer(error, server)
  if (!(error instanceof Error)) return error
  if (LATE.test(error.message)) return new OperationFailure('timeout', 'clickhouse: no answer in time', error)
  // Errors of sockets have a code; an answer that is no exception of ClickHouse has none.
  const kind = 'code' in error && typeof error.code === 'string' ? 'unavailable' : 'unexpected'
  return new OperationFailure(kind, `clickhouse: ${error.message}`, error)
}
