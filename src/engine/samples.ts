import { usageError } from '../core/errors.ts'
import type { FlowName, OperationName, PartName } from '../core/names.ts'
import type { Target } from '../core/operation.ts'

/** An operation as the sample rule sees it. */
export interface SampledOperation {
  readonly name: OperationName
  /** Expected arrivals (not units) a second of all streams in the measured window. */
  readonly perSecond: number
  readonly targets: readonly Target[]
  readonly parts?: Readonly<Record<PartName, { readonly expectedShare: number }>>
  readonly refusalShare?: readonly [number, number]
}

/** A flow as the sample rule sees it: ends (weights included) a second. */
export interface SampledFlow {
  readonly name: FlowName
  readonly perSecond: number
  readonly targets: readonly Target[]
}

export interface SampleRequest {
  readonly operations: readonly SampledOperation[]
  readonly flows: readonly SampledFlow[]
  readonly defaultSeconds: number
  /** How far the default window may stretch (`--max-duration`). */
  readonly maxSeconds: number
  /** What `--duration` says, where it says something: such a window never stretches. */
  readonly explicitSeconds?: number
}

/** Arrivals outside the mix that give a rare operation enough samples. */
export interface Probe {
  readonly operation: OperationName
  readonly perSecond: number
}

/** The measured window, and the probes that it needs. */
export interface SampleDecision {
  readonly seconds: number
  readonly probes: readonly Probe[]
}

/** One target and the rate at which its samples come. */
interface Need {
  readonly label: string
  /** Undefined for a flow, which cannot be probed. */
  readonly operation: OperationName | undefined
  readonly samples: number
  /** Samples a second, and the share of the operation's arrivals that are such samples. */
  readonly perSecond: number
  readonly share: number
}

/** Standard deviations by which the expected number of samples exceeds the needed one, where chance has a say. */
const SIGMAS = 4
const DEFAULT_HIGHEST_REFUSAL = 0.001

/** The fewest samples that can decide a target: 10/(1-p), and one for a maximum (design.md, laws 4 and 5). */
export function samplesNeeded(percentile: Target['percentile']): number {
  if (percentile === 'max' || percentile >= 100) return 1
  return Math.ceil(10 / (1 - percentile / 100) - 1e-6)
}

/** `like.add p99`, `feed.read.cold p99`, `order.place max`: the name of a target in messages and reports. */
export function targetLabel(name: string, target: Target): string {
  const part = target.part === undefined ? '' : `.${target.part}`
  const percentile = target.percentile === 'max' ? 'max' : `p${target.percentile}`
  return `${name}${part} ${percentile}`
}

function operationNeeds(operation: SampledOperation): Need[] {
  const answered = 1 - (operation.refusalShare?.[1] ?? DEFAULT_HIGHEST_REFUSAL)
  return operation.targets.map((target) => {
    const label = targetLabel(operation.name, target)
    const partShare = target.part === undefined ? 1 : (operation.parts?.[target.part]?.expectedShare ?? 0)
    if (partShare <= 0)
      throw usageError(
        `${label}: ${operation.name} has no part '${target.part}'`,
        `Its parts are: ${Object.keys(operation.parts ?? {}).join(', ') || 'none'}.`,
      )
    const fewest = samplesNeeded(target.percentile)
    // Arrivals are exact in number, their parts are drawn: a margin keeps chance from making a run VOID.
    const samples = target.part === undefined ? fewest : fewest + SIGMAS * Math.sqrt(fewest)
    const share = partShare * answered
    return { label, operation: operation.name, samples, perSecond: operation.perSecond * share, share }
  })
}

function flowNeeds(flow: SampledFlow): Need[] {
  return flow.targets.map((target) => {
    const fewest = samplesNeeded(target.percentile)
    return {
      label: targetLabel(flow.name, target),
      operation: undefined,
      samples: fewest + SIGMAS * Math.sqrt(fewest),
      perSecond: flow.perSecond,
      share: 1,
    }
  })
}

const secondsFor = (need: Need): number => need.samples / need.perSecond
const whole = (value: number): string => Math.ceil(value).toLocaleString('en-US')

function refuse(need: Need, seconds: number, flag: string, enough: number): never {
  const expected = whole(need.perSecond * seconds)
  const remedy = Number.isFinite(enough) ? `${flag} ${Math.ceil(enough)}s would do` : 'its rate is 0'
  throw usageError(
    `${need.label} cannot be decided in ${seconds} s: ${expected} of ${whole(need.samples)} samples are expected`,
    `${remedy}; so would a larger --scale.`,
  )
}

/** The targets that a window of `seconds` cannot decide, the hungriest first. */
function undecided(needs: readonly Need[], seconds: number): Need[] {
  return needs
    .filter((need) => secondsFor(need) > seconds * (1 + 1e-9))
    .toSorted((left, right) => secondsFor(right) - secondsFor(left))
}

function windowOf(request: SampleRequest, needs: readonly Need[]): number {
  const { explicitSeconds, defaultSeconds, maxSeconds } = request
  if (explicitSeconds !== undefined) {
    const stretchable = undecided(needs, explicitSeconds).find((need) => secondsFor(need) <= maxSeconds)
    if (stretchable !== undefined) refuse(stretchable, explicitSeconds, '--duration', secondsFor(stretchable))
    return explicitSeconds
  }
  // A target that the longest window cannot decide gets probes, or is refused: no reason to stretch for it.
  const reachable = needs.map(secondsFor).filter((seconds) => seconds <= maxSeconds)
  return Math.max(defaultSeconds, ...reachable.map(Math.ceil))
}

/**
 * The sample rule (design.md, law 5): the default window stretches, up to `maxSeconds`, until every target that a
 * stretched window can decide has its samples; operations that are too rare even then get probes. An explicit window
 * does not stretch.
 * @throws ArchError (usage) naming a duration that would do, when an explicit window is too short for a target that
 *   `maxSeconds` would decide, or when a flow, which no probe can help, is too rare for the window
 */
export function decideSamples(request: SampleRequest): SampleDecision {
  const needs = [...request.operations.flatMap(operationNeeds), ...request.flows.flatMap(flowNeeds)]
  const seconds = windowOf(request, needs)
  const probes = new Map<OperationName, number>()
  for (const need of undecided(needs, seconds)) {
    if (need.operation === undefined) {
      const flag = request.explicitSeconds === undefined ? '--max-duration' : '--duration'
      refuse(need, seconds, flag, secondsFor(need))
    }
    const lacking = Math.ceil((need.samples - need.perSecond * seconds) / need.share) / seconds
    probes.set(need.operation, Math.max(probes.get(need.operation) ?? 0, lacking))
  }
  return { seconds, probes: [...probes].map(([operation, perSecond]) => ({ operation, perSecond })) }
}
