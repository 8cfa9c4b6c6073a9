import type { ExitCode } from './exit.ts'

/**
 * A setup mistake: something that a person can mend. It is printed as a message and a hint, without a stack,
 * and ends the command with its exit code (design.md, section 3: three kinds of failure, never mixed).
 */
export class ArchError extends Error {
  override readonly name = 'ArchError'
  readonly hint: string
  readonly exitCode: ExitCode

  /**
   * @param message what happened, with the offending value
   * @param hint what to do next
   * @param exitCode 2 for usage, 3 for environment or setup
   */
  constructor(message: string, hint: string, exitCode: ExitCode = 3, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.hint = hint
    this.exitCode = exitCode
  }
}

/** A mistake in flags or configuration: exit code 2. */
export function usageError(message: string, hint: string): ArchError {
  return new ArchError(message, hint, 2)
}

/** The kinds of failure under load; they are data, counted apart, never mixed with bugs (defect E-31). */
export type FailureKind = 'conflict' | 'timeout' | 'unavailable' | 'unexpected'

/** The business said no (out of stock, private account): an answer, not a failure. Counted as `refused`. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly reason: string

  constructor(reason: string) {
    super(`refused: ${reason}`)
    this.reason = reason
  }
}

/** An operation failed in a way that its store client could classify. Anything else thrown counts as `unexpected`. */
export class OperationFailure extends Error {
  override readonly name = 'OperationFailure'
  readonly kind: FailureKind

  constructor(kind: FailureKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.kind = kind
  }
}
