import type { Arrival, Pace } from '../../core/operation.ts'
import type { OperationName } from '../../core/names.ts'
import type { ArrivalId } from './draw.ts'

/** Which earlier arrival to name. */
interface Earlier {
  readonly operation: OperationName
  /** How long before this arrival, by the plan: long enough that it has probably finished. */
  readonly lagSeconds: number
  /** Only indexes equal to `residue` modulo `modulus`: later arrivals with other residues never name the same one. */
  readonly modulus?: number
  readonly residue?: number
}

/** The largest index up to `last` that is `residue` modulo `modulus`; negative when there is none. */
function aligned(last: number, modulus: number, residue: number): number {
  return last - ((((last - residue) % modulus) + modulus) % modulus)
}

/**
 * An arrival of another operation's mix that the plan expects about `lagSeconds` before this one: a pure function of
 * the arrival and the plan (law 7). Reaches back into the warm-up; undefined when the run is too young.
 */
export function earlier(pace: Pace, arrival: Arrival, which: Earlier): ArrivalId | undefined {
  const modulus = which.modulus ?? 1
  const residue = (which.residue ?? 0) % modulus
  let phase = arrival.phase
  let at = arrival.offsetMicros - which.lagSeconds * 1e6
  for (;;) {
    if (at > 0) {
      const index = aligned(Math.floor(pace.expected(which.operation, phase, at)) - 1, modulus, residue)
      if (index >= 0) return { phase, stream: 'mix', index }
    }
    if (phase === 'warmup') return undefined
    phase = 'warmup'
    at = Math.min(at, 0) + pace.lengthMicros('warmup')
  }
}
