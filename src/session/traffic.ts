import { usageError } from '../core/errors.ts'
import { perSecond } from '../core/model.ts'
import type { AnyOperation, Flow, Target } from '../core/operation.ts'
import type { Profile, Workload } from '../core/workload.ts'
import type { BenchOptions } from './bench-options.ts'
import { mostRefused } from './surge.ts'
import type { SellOut } from './surge.ts'

type Parts = NonNullable<AnyOperation['parts']>

/** A target with where it comes from. */
export interface OriginatedTarget extends Target {
  readonly from: 'model' | 'flag'
}

/** An operation as this run offers it. Rates are in units per second. */
export interface OfferedOperation {
  /** With the targets of this run. */
  readonly operation: AnyOperation
  readonly targets: readonly OriginatedTarget[]
  readonly documentedPerSecond: number
  readonly targetPerSecond: number
  /** Arrivals a second that the profile adds, at any scale. */
  readonly surgePerSecond: number
  /** Where the surge uses up what it asks for: its share of refusals hangs on the window (`inWindow`). */
  readonly sellOut: SellOut | undefined
}

/**
 * The parts of an operation in this run. A part whose share is 0 in the model is the one that a surge makes: without a
 * surge it cannot occur, with one it has the surge's share of the arrivals.
 */
function partsOf(operation: AnyOperation, mixPerSecond: number, surgePerSecond: number): Parts | undefined {
  const parts = operation.parts
  if (parts === undefined || mixPerSecond + surgePerSecond === 0) return parts
  const surge = surgePerSecond / (mixPerSecond + surgePerSecond)
  return Object.fromEntries(
    Object.entries(parts)
      .map(([name, { expectedShare }]) => {
        const share = expectedShare === 0 ? surge : expectedShare * (1 - surge)
        return [name, { expectedShare: share }] as const
      })
      .filter(([, { expectedShare }]) => expectedShare > 0),
  )
}

/** A flow as this run will see it: with its targets, and how often it is expected to end a second. */
export interface OfferedFlow extends Flow {
  readonly targets: readonly OriginatedTarget[]
  readonly expectedPerSecond: number
}

/** What a run offers: the model times the scale, with the flags' changes. */
export interface OfferedTraffic {
  readonly operations: readonly OfferedOperation[]
  readonly flows: readonly OfferedFlow[]
  readonly profile: Profile
  readonly scale: number
}

function withFlags(name: string, targets: readonly Target[], options: BenchOptions): OriginatedTarget[] {
  const flags = options.targets.filter((target) => target.name === name)
  const kept = targets.filter(
    (target) => !flags.some((flag) => flag.part === target.part && flag.percentile === target.percentile),
  )
  return [
    ...kept.map((target) => ({ ...target, from: 'model' as const })),
    ...flags.map(({ part, percentile, belowMs }) => ({
      ...(part === undefined ? {} : { part }),
      percentile,
      belowMs,
      from: 'flag' as const,
    })),
  ]
}

/**
 * The traffic of a run.
 * @throws ArchError (usage) when `--rate` leaves nothing to offer
 */
export function offeredTraffic(workload: Workload, options: BenchOptions): OfferedTraffic {
  const scale = options.scale ?? workload.defaults.scale
  const profile = workload.profiles[options.profile]
  if (profile === undefined)
    throw usageError(
      `${workload.name} has no profile '${options.profile}'`,
      `Its profiles are: ${Object.keys(workload.profiles).join(', ')}.`,
    )
  const inProfile = workload.operations.map((operation): AnyOperation => {
    return { ...operation, rate: profile.rates?.[operation.name] ?? operation.rate }
  })
  const scaled = inProfile.map((operation) => perSecond(operation.rate) * scale)
  const total = scaled.reduce((sum, rate) => sum + rate, 0)
  const factor = options.totalRate === undefined ? 1 : options.totalRate / total
  const operations = inProfile.map((operation, index) => {
    const named = options.rates.find((rate) => rate.operation === operation.name)
    const targetPerSecond = named?.perSecond ?? (scaled[index] ?? 0) * factor
    const surgePerSecond = profile.surge?.[operation.name] ?? 0
    const mix = targetPerSecond / (operation.unitsPerArrival ?? 1)
    const parts = partsOf(operation, mix, surgePerSecond)
    const targets = withFlags(operation.name, operation.targets, options).filter(
      ({ part, from }) => part === undefined || from === 'flag' || parts?.[part] !== undefined,
    )
    const lasts = profile.surgeLasts?.[operation.name]
    const sellOut =
      lasts === undefined
        ? undefined
        : { mixPerSecond: mix, surgePerSecond, lasts, own: operation.refusalShare }
    return {
      operation: {
        ...operation,
        targets,
        ...(parts === undefined ? {} : { parts }),
        ...(sellOut === undefined ? {} : { refusalShare: [0, mostRefused(sellOut)] as const }),
      },
      targets,
      documentedPerSecond: perSecond(operation.rate),
      targetPerSecond,
      surgePerSecond,
      sellOut,
    }
  })
  const flows = workload.flows.map((flow) => ({
    ...flow,
    targets: withFlags(flow.name, flow.targets, options),
    expectedPerSecond: perSecond(flow.rate) * scale * factor,
  }))
  return { operations, flows, profile, scale }
}
