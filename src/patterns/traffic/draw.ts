import { random01, random53 } from '../../core/random.ts'
import type { Arrival, Phase, Stream } from '../../core/operation.ts'
import { arrivalKey } from '../../core/operation.ts'

/** What names an arrival of an operation: enough to work out what it asked, whoever asks (design.md, law 7). */
export type ArrivalId = Pick<Arrival, 'phase' | 'stream' | 'index'>

/** The root of an arrival's choices: `uniform(root, n)` is its n-th. Later arrivals can work it out again. */
export function rootOf(seed: number, code: number, id: ArrivalId): number {
  return random53(seed, arrivalKey(code, id.phase, id.stream, 0), id.index)
}

/** The n-th uniform number in [0, 1) of an arrival. */
export function uniform(root: number, choice: number): number {
  return random01(root, choice)
}

/** The n-th choice among `count` of an arrival. */
export function choose(root: number, choice: number, count: number): number {
  return Math.floor(random01(root, choice) * count)
}

/** A word that is unique for an arrival in a run: for names that must not clash. */
export function uniqueWord(id: ArrivalId): string {
  const phase: Record<Phase, string> = { warmup: 'w', measure: 'm' }
  const stream: Record<Stream, string> = { mix: 'x', probe: 'p', surge: 's' }
  return `${phase[id.phase]}${stream[id.stream]}${id.index.toString(36)}`
}
