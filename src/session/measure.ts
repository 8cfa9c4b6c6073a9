import { mkdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Flow } from '../core/operation.ts'
import type { ConsumerLagResult, RoleResult } from '../core/result.ts'
import { trackFlows } from '../engine/flows.ts'
import type { FlowReport, FlowTracker } from '../engine/flows.ts'
import { newResultsMemory } from '../engine/results.ts'
import { newTimeline } from '../engine/timeline.ts'
import type { Timeline } from '../engine/timeline.ts'
import { addWatchdog, startWatchdog } from '../engine/watchdog.ts'
import type { WatchdogReport } from '../engine/watchdog.ts'
import { followConsumerLag } from './consumer-lag.ts'
import { startLoad } from './load.ts'
import type { LoadHandle, LoadOutcome } from './load.ts'
import { poolSizeOf } from './pool-size.ts'
import type { RoleHandle } from './role.ts'
import type { MeasureRequest } from './measure-request.ts'
import { reviveRoles, startRoles, stopRoles } from './roles.ts'
import { followWindows } from './windows.ts'
import { variantOf } from './workloads.ts'

/** What was seen between the first arrival and the end of the drain. */
export interface Measured {
  readonly outcomes: readonly LoadOutcome[]
  /** Load workers that ended without a report. */
  readonly workersLost: number
  readonly slots: number
  readonly flows: readonly FlowReport[]
  readonly timeline: Timeline
  readonly watchdog: WatchdogReport
  /** Of the window and of the drain. */
  readonly drainWatchdog: WatchdogReport
  readonly consumerLag: readonly ConsumerLagResult[]
  readonly roles: readonly RoleResult[]
  /** One line for each role that failed or died. */
  readonly roleFailures: readonly string[]
  readonly drained: boolean
  readonly drainSeconds: number
  readonly interrupted: boolean
}

const nothingWatched: WatchdogReport = { buckets: [], maxMicros: 0, suspensions: 0 }

/** What a run leaves that was interrupted before its load began. */
export function nothingMeasured(flows: readonly Flow[], workers: number, signal: AbortSignal): Measured {
  return {
    outcomes: [],
    workersLost: 0,
    slots: 0,
    flows: trackFlows(flows.map((flow) => flow.name)).reports(),
    timeline: newTimeline(workers),
    watchdog: nothingWatched,
    drainWatchdog: nothingWatched,
    consumerLag: [],
    roles: [],
    roleFailures: [],
    drained: true,
    drainSeconds: 0,
    interrupted: signal.aborted,
  }
}

/** How long flows may take to end after the last arrival, before they count as missing. */
const DRAIN_MS = 30_000
const POLL_MS = 50

async function startWorkers(
  request: MeasureRequest,
  timeline: Timeline,
  tracker: FlowTracker,
): Promise<LoadHandle[]> {
  const resultsMemory = newResultsMemory()
  const poolSize = poolSizeOf(variantOf(request.workload, request.variant), availableParallelism())
  const numbers = Array.from({ length: request.workers }, (_, worker) => worker)
  const concurrency = request.closedConcurrency
  const begun = await Promise.allSettled(
    numbers.map((worker) =>
      startLoad(
        {
          workload: request.workload.name,
          suite: request.workload.suite?.name,
          variant: request.variant,
          choice: request.choice,
          population: request.population,
          endpoints: request.endpoints,
          plan: request.plan.schedule,
          seed: request.seed,
          worker,
          workers: request.workers,
          poolSize,
          slots: undefined,
          closedConcurrency:
            concurrency === undefined ? undefined : Math.max(1, Math.round(concurrency / request.workers)),
          journalFolder: join(request.folder, 'journal'),
          resultsMemory,
        },
        {
          second: (report) => timeline.add(report),
          flows: (begun) => tracker.begun(begun),
        },
      ),
    ),
  )
  const started = begun.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  const failed = begun.find((each) => each.status === 'rejected')
  if (failed === undefined) return started
  await Promise.all(started.map((worker) => worker.close()))
  throw failed.reason
}

/**
 * Waits until every role has nothing left to do and every begun flow has ended. The ends that a role had seen and not
 * yet told die with it: once one has died, flows without an end are missing, and not worth waiting for.
 */
async function drain(
  roles: readonly RoleHandle[],
  tracker: FlowTracker,
  hasLostRole: boolean,
  request: MeasureRequest,
): Promise<boolean> {
  const from = performance.now()
  do {
    request.onProgress('drain', (performance.now() - from) / 1e3, undefined)
    const answers = await Promise.all(roles.map((role) => role.drained()))
    if (answers.every(Boolean) && (hasLostRole || tracker.outstanding() === 0)) return true
    if (roles.some((role) => !role.alive())) return false
    await sleep(POLL_MS)
  } while (performance.now() - from < DRAIN_MS && !request.signal.aborted)
  return false
}

/**
 * Warms up, measures and drains: the load in worker threads, the roles in child processes, the watchdog beside them.
 * An interruption ends it in order, with what was seen until then.
 * @throws ArchError when a role or worker cannot start; a bug of a worker passes through
 */
export async function measure(request: MeasureRequest): Promise<Measured> {
  await mkdir(join(request.folder, 'journal'), { recursive: true })
  const tracker = trackFlows(request.workload.flows.map((flow) => flow.name))
  const timeline = newTimeline(request.workers)
  const roleFailures: string[] = []
  const roles = await startRoles(request, tracker, roleFailures)
  let workers: LoadHandle[] = []
  const watchdog = await startWatchdog()
  try {
    workers = await startWorkers(request, timeline, tracker)
    const startAt = await request.turn.ready()
    const interrupt = (): void => workers.forEach((worker) => worker.interrupt())
    request.signal.addEventListener('abort', interrupt, { once: true })
    const unfollow = followWindows(request.plan, startAt, timeline, watchdog, request.onProgress)
    const unfollowLag = followConsumerLag(roles, startAt + request.plan.warmupSeconds * 1e6)
    for (const worker of workers) worker.start(startAt)
    if (request.signal.aborted) interrupt()
    let watched = nothingWatched
    let lag: Promise<readonly ConsumerLagResult[]> = Promise.resolve([])
    const ended = await Promise.all(workers.map((worker) => worker.outcome)).finally(() => {
      watched = unfollow()
      watchdog.reset()
      lag = unfollowLag()
    })
    const drainFrom = performance.now()
    const consumerLag = await lag
    request.signal.removeEventListener('abort', interrupt)
    const outcomes = ended.filter((outcome) => outcome !== undefined)
    if (!request.signal.aborted) await reviveRoles(request, roles, tracker, roleFailures)
    const drained = await drain(roles, tracker, roleFailures.length > 0, request)
    const drainSeconds =
      (performance.now() - drainFrom) / 1e3 +
      Math.max(0, ...outcomes.map(({ report }) => report.drainSeconds))
    timeline.finish()
    const seconds = request.plan.warmupSeconds + request.plan.measureSeconds
    const load = outcomes.map(({ report, cpuSeconds }) => ({
      name: `load ${report.worker} with the application`,
      cpuSeconds,
      cpuShare: cpuSeconds / seconds,
      exitCode: 0,
    }))
    return {
      outcomes,
      workersLost: ended.length - outcomes.length,
      slots: workers.reduce((sum, worker) => sum + worker.slots, 0),
      flows: tracker.reports(),
      timeline,
      watchdog: watched,
      drainWatchdog: addWatchdog(watched, watchdog.read()),
      consumerLag,
      roles: [...load, ...(await stopRoles(roles.splice(0), seconds))],
      roleFailures,
      drained,
      drainSeconds,
      interrupted: request.signal.aborted,
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.close()))
    await Promise.all(roles.map((role) => role.stop()))
    await watchdog.stop()
  }
}
