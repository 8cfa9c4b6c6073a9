// The plan of a steady run of the commerce case in a test: arrivals, results and worlds without a session.
import { perSecond } from '../../src/core/model.ts'
import type { AnyOperation, Arrival, Pace, Phase, Results, Stream } from '../../src/core/operation.ts'
import { commerceOperations } from '../../src/workloads/commerce/traffic.ts'
import { commerceWorld } from '../../src/workloads/commerce/world.ts'
import type { CommerceWorld } from '../../src/workloads/commerce/world.ts'

const LENGTH = { warmup: 12e6, measure: 60e6 } as const
const POPULATION = { seed: 42, size: 2_000 }

/** An operation of the case by its name. */
export function named(name: string): AnyOperation {
  const operation = commerceOperations.find((candidate) => candidate.name === name)
  if (operation === undefined) throw new Error(`no operation ${name}`)
  return operation
}

const pace: Pace = {
  expected: (operation, phase, offsetMicros) =>
    (perSecond(named(operation).rate) * Math.min(Math.max(offsetMicros, 0), LENGTH[phase])) / 1e6,
  lengthMicros: (phase) => LENGTH[phase],
}

/** Results that are kept in memory. */
export function memory(): Results {
  const held = new Map<number, bigint>()
  return { get: (key) => held.get(key), set: (key, id) => void held.set(key, id) }
}

/** The world of one worker of the run of seed 42. */
export function worldWith(results: Results, standIns: Record<string, number> = {}): CommerceWorld {
  return commerceWorld(42, POPULATION, results, pace, standIns)
}

/** The arrival that a uniform process of the operation's rate has as number `index`. */
export function arrivalOf(
  operation: AnyOperation,
  index: number,
  phase: Phase = 'measure',
  stream: Stream = 'mix',
): Arrival {
  const offsetMicros = ((index + 0.5) / perSecond(operation.rate)) * 1e6
  return { number: index, index, phase, stream, offsetMicros, random: 0 }
}

/** Every arrival of the measured minute at the named operations, in the order of time. */
export function minuteOf(
  names: readonly string[],
): readonly { readonly operation: AnyOperation; readonly arrival: Arrival }[] {
  const all = names.map(named).flatMap((operation) =>
    Array.from({ length: Math.floor(perSecond(operation.rate) * 60) }, (_, index) => ({
      operation,
      arrival: arrivalOf(operation, index),
    })),
  )
  return all.sort((one, other) => one.arrival.offsetMicros - other.arrival.offsetMicros)
}
