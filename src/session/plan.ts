import type { Phase } from '../core/operation.ts'
import { decideSamples } from '../engine/samples.ts'
import type { Probe, SampleDecision } from '../engine/samples.ts'
import { shapeArea } from '../engine/shape.ts'
import type { PausePlan, PhasePlan, SchedulePlan, StreamPlan } from '../engine/schedule.ts'
import type { Profile, Workload } from '../core/workload.ts'
import type { BenchOptions } from './bench-options.ts'
import type { OfferedOperation, OfferedTraffic } from './traffic.ts'

/** What fixes a run before it starts: the windows, the arrivals, the probes. */
export interface RunPlan {
  readonly schedule: SchedulePlan
  readonly warmupSeconds: number
  readonly measureSeconds: number
  readonly probes: readonly Probe[]
}

const mixPerSecond = ({ operation, targetPerSecond }: OfferedOperation): number =>
  targetPerSecond / (operation.unitsPerArrival ?? 1)

function samples(workload: Workload, traffic: OfferedTraffic, options: BenchOptions): SampleDecision {
  const mean = shapeArea(traffic.profile.shape)
  return decideSamples({
    operations: traffic.operations.map((offered) => ({
      name: offered.operation.name,
      perSecond: mixPerSecond(offered) * mean + offered.surgePerSecond,
      // A closed loop never passes, and how much it will ask is not known: it decides nothing.
      targets: options.loop === 'closed' ? [] : offered.targets,
      ...(offered.operation.parts === undefined ? {} : { parts: offered.operation.parts }),
      ...(offered.operation.refusalShare === undefined
        ? {}
        : { refusalShare: offered.operation.refusalShare }),
    })),
    flows: traffic.flows.map((flow) => ({
      name: flow.name,
      perSecond: flow.expectedPerSecond * mean,
      targets: flow.targets,
    })),
    defaultSeconds: workload.defaults.durationSeconds,
    maxSeconds: options.maxDurationSeconds ?? workload.defaults.maxDurationSeconds,
    ...(options.durationSeconds === undefined ? {} : { explicitSeconds: options.durationSeconds }),
  })
}

/** Cold code and caches meet a rate that grows: at full rate from the start they leave a queue to the measured window. */
const WARMUP_RAMP: NonNullable<Profile['shape']> = [
  { at: 0, factor: 0.02 },
  { at: 0.7, factor: 1 },
  { at: 1, factor: 1 },
]

function streamsOf(phase: Phase, traffic: OfferedTraffic, probes: readonly Probe[]): StreamPlan[] {
  const shape = phase === 'measure' ? traffic.profile.shape : WARMUP_RAMP
  return traffic.operations.flatMap((offered): StreamPlan[] => {
    const operation = offered.operation.name
    const probe = probes.find((each) => each.operation === operation)
    return [
      {
        operation,
        stream: 'mix',
        perSecond: mixPerSecond(offered),
        ...(shape === undefined ? {} : { shape }),
      },
      ...(offered.surgePerSecond > 0 && (phase === 'measure' || offered.sellOut === undefined)
        ? [{ operation, stream: 'surge' as const, perSecond: offered.surgePerSecond }]
        : []),
      ...(probe === undefined || phase === 'warmup'
        ? []
        : [{ operation, stream: 'probe' as const, perSecond: probe.perSecond }]),
    ]
  })
}

/**
 * Fixes the windows by the sample rule (law 5) and the arrivals by the seed (law 1). `pause` lets another run go first.
 * @throws ArchError (usage) when an explicit duration cannot decide a target
 */
export function planRun(
  workload: Workload,
  traffic: OfferedTraffic,
  options: BenchOptions,
  pause?: PausePlan,
): RunPlan {
  // A suite of queries has no traffic, and so no windows.
  if (workload.suite?.queries !== undefined)
    return {
      schedule: { seed: options.seed, process: options.arrival, phases: [] },
      warmupSeconds: 0,
      measureSeconds: 0,
      probes: [],
    }
  const { seconds, probes } = samples(workload, traffic, options)
  const warmupSeconds = options.warmupSeconds ?? workload.defaults.warmupSeconds
  const phases: PhasePlan[] = [
    { phase: 'warmup', seconds: warmupSeconds, streams: streamsOf('warmup', traffic, probes) },
    {
      phase: 'measure',
      seconds,
      streams: streamsOf('measure', traffic, probes),
      ...(pause === undefined ? {} : { pause }),
    },
  ]
  return {
    schedule: {
      seed: options.seed,
      process: options.arrival,
      phases: phases.filter((phase) => phase.seconds > 0),
    },
    warmupSeconds,
    measureSeconds: seconds,
    probes,
  }
}
