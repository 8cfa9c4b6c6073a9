import { BrokenCircuitError, circuitBreaker, CircuitState, ConsecutiveBreaker, handleWhen } from 'cockatiel'
import { OperationFailure } from '../../../../core/errors.ts'

/** Failures in a row after which Elasticsearch is left alone ... */
const FAILURES = 5
/** ... for so long, before one search tries it again. */
const REST_MS = 1_000

function isDown(error: unknown): boolean {
  return error instanceof OperationFailure && (error.kind === 'unavailable' || error.kind === 'timeout')
}

/**
 * Runs a search, or answers undefined when Elasticsearch is down, slow, or left alone since it was (E-41); at once where
 * another search is just trying whether it is back.
 */
export type Guard = <Answer>(search: () => Promise<Answer>) => Promise<Answer | undefined>

/** A circuit breaker of one process. @param restMs how long Elasticsearch is left alone */
export function newGuard(restMs: number = REST_MS): Guard {
  const breaker = circuitBreaker(handleWhen(isDown), {
    halfOpenAfter: restMs,
    breaker: new ConsecutiveBreaker(FAILURES),
  })
  return async (search) => {
    // The breaker would let it wait for what becomes of the trial.
    if (breaker.state === CircuitState.HalfOpen) return undefined
    try {
      return await breaker.execute(search)
    } catch (error) {
      if (error instanceof BrokenCircuitError || isDown(error)) return undefined
      throw error
    }
  }
}
