import type { RequirementId } from './names.ts'

/** Where a number of a traffic model comes from; reports print `assumed` ones under their own heading. */
export type Origin = 'documented' | 'derived' | 'assumed'

/** A number of the traffic model, with its unit and its origin. */
export interface Quantity {
  readonly value: number
  readonly unit: string
  readonly origin: Origin
  /** A requirement id for `documented`, the arithmetic for `derived`, the reason for `assumed`. */
  readonly source: string
}

const SECONDS: Readonly<Record<string, number>> = {
  'per second': 1,
  'per minute': 60,
  'per day': 86_400,
}

/** A number that the text gives, e.g. `documented(500e6, 'per day', 'SOC-03')`. */
export function documented(value: number, unit: string, source: RequirementId): Quantity {
  return { value, unit, origin: 'documented', source }
}

/** A number that follows from documented ones by arithmetic, which `source` spells out. */
export function derived(value: number, unit: string, source: string): Quantity {
  return { value, unit, origin: 'derived', source }
}

/** A number that the text does not give; `why` is printed in every report. */
export function assumed(value: number, unit: string, why: string): Quantity {
  return { value, unit, origin: 'assumed', source: why }
}

/**
 * A rate quantity in units per second, whatever the unit it was written in.
 * @throws RangeError when the quantity is not a rate
 */
export function perSecond(rate: Quantity): number {
  const seconds = SECONDS[rate.unit]
  if (seconds === undefined) throw new RangeError(`${rate.value} ${rate.unit} is not a rate`)
  return rate.value / seconds
}

/** Every number of a case study, by name. */
export type TrafficModel = Readonly<Record<string, Quantity>>
