import { OperationFailure } from '../../core/errors.ts'
import type { FailureKind } from '../../core/errors.ts'

const KINDS: Readonly<Record<string, FailureKind>> = {
  '40001': 'conflict',
  '40P01': 'conflict',
  '57014': 'timeout',
  '55P03': 'timeout',
  '53300': 'unavailable',
  '57P01': 'unavailable',
  '57P02': 'unavailable',
  '57P03': 'unavailable',
  '57P05': 'unavailable',
  ECONNREFUSED: 'unavailable',
  ECONNRESET: 'unavailable',
  ECONNABORTED: 'unavailable',
  EPIPE: 'unavailable',
  ETIMEDOUT: 'unavailable',
  ENOTFOUND: 'unavailable',
  EHOSTUNREACH: 'unavailable',
}

// The driver gives these errors no code: the text is all there is to go by.
const LOST_CONNECTION =
  /^Connection terminated|^Client has encountered a connection error|^Client was closed|not queryable/
const TOO_LATE = /^timeout exceeded when trying to connect|^Query read timeout/

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : ''
}

function kindOf(error: Error): FailureKind | undefined {
  const code = codeOf(error)
  if (code.startsWith('08')) return 'unavailable'
  if (code !== '') return KINDS[code]
  if (LOST_CONNECTION.test(error.message)) return 'unavailable'
  return TOO_LATE.test(error.message) ? 'timeout' : undefined
}

/**
 * What the driver threw, as an `OperationFailure` where its kind is known; anything else comes back as it is
 * (a `DatabaseError` with its SQLSTATE in `code`).
 */
export function classify(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const kind = kindOf(error)
  return kind === undefined ? error : new OperationFailure(kind, `postgres: ${error.message}`, error)
}

/** True when the connection behind an error must not be used again. */
export function breaksConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return true
  return kindOf(error) === 'unavailable' || TOO_LATE.test(error.message)
}

/** The SQLSTATE of a server's error, or undefined. */
export function sqlState(error: unknown): string | undefined {
  const code = error instanceof Error ? codeOf(error) : ''
  return /^[0-9A-Z]{5}$/.test(code) ? code : undefined
}
