import { walkArrivals } from './arrivals.ts'
import { Flight } from './flight.ts'
import { forgetEnded, newLane, sweep } from './lanes.ts'
import type { LoadOptions } from './options.ts'
import { recordMeasure, reportOf } from './recorder.ts'
import type { FlowBegun, WorkerReport } from './report.ts'
import { pauseMicros, phaseStartMicros, runMicros } from './schedule.ts'
import { newSeconds } from './seconds.ts'
import { settleFailure, settleOk } from './settle.ts'
import type { SettleHost } from './settle.ts'
import { newWaiting } from './waiting.ts'

/** How long an interrupted run waits for what is running. */
const INTERRUPTED_DRAIN_MICROS = 1e6
/** Completions in a row after which the event loop gets a turn: a driver that never waits would starve it. */
const COMPLETIONS_PER_TURN = 256
/** How long arrivals are handed over at a stretch: the synchronous parts of many operations add up. */
const HAND_OVER_MICROS = 1_000
const FLOW_BATCH = 256

/**
 * Runs one worker's share of the load until the last arrival is answered or past its deadline, or the run interrupted.
 * Open loop: arrivals are handed over when they are due, whatever the application does; at most `slots` of them run,
 * the others wait, each until its deadline. Closed loop: `closedConcurrency` callers take the same arrivals
 * one after the other, as fast as they are answered, until the sequence or the planned time is over.
 * @returns what was recorded, as plain data
 * @throws what a workload's own functions (`input`, a check, `part` ...) or the journal threw: these are bugs
 */
export function runLoad(options: LoadOptions): Promise<WorkerReport> {
  return new Promise((resolve, reject) => {
    startLoad(options, resolve, reject)
  })
}

function startLoad(
  options: LoadOptions,
  resolve: (report: WorkerReport) => void,
  reject: (error: unknown) => void,
): void {
  const {
    application,
    world,
    standIns,
    plan,
    clock,
    journal,
    signal,
    startAtMicros,
    closedConcurrency,
    faultPoint,
  } = options
  const names = options.operations.map((operation) => operation.name)
  const closed = closedConcurrency !== undefined
  const limit = closedConcurrency ?? options.slots
  const measureStart = startAtMicros + phaseStartMicros(plan, 'measure')
  const runEnd = startAtMicros + runMicros(plan)
  const pause = pauseMicros(plan)
  const pauseFrom = startAtMicros + pause.from
  const pauseTo = startAtMicros + pause.to
  const seconds = newSeconds(names, options.worker, startAtMicros, measureStart, (report) =>
    options.onSecond?.(report),
  )
  const windowEnds = closed
    ? { warmup: Infinity, measure: Infinity }
    : { warmup: measureStart, measure: runEnd }
  const lanes = options.operations.map((operation, index) => {
    const second = seconds.records[index]
    if (second === undefined) throw new RangeError(`no second for ${operation.name}`)
    return newLane(operation, second, windowEnds)
  })
  const walker = walkArrivals(plan, names, options.worker, options.workers)
  const waiting = newWaiting()
  let flows: FlowBegun[] = []
  let hasNext = walker.next()
  /** Flights that occupy a slot; a timed-out one does so until its operation really ends. */
  let running = 0
  /** Flights handed over whose outcome is not counted yet. */
  let open = 0
  let completions = 0
  let nextSweep = Infinity
  let pendingWake = Infinity
  let interruptedAt: number | undefined
  /** When the measured window of a closed loop really started, and when its last arrival was answered. */
  let firstMeasured = Infinity
  let lastEnded = startAtMicros
  let finished = false

  const host: SettleHost = {
    options,
    flowBegun(begun) {
      flows.push(begun)
      if (flows.length >= FLOW_BATCH) sendFlows()
    },
  }

  function sendFlows(): void {
    if (flows.length > 0) options.onFlows?.(flows)
    flows = []
  }

  function isDue(now: number): boolean {
    if (!hasNext) return false
    if (closed) return running < limit && (now < pauseFrom || now >= pauseTo)
    return startAtMicros + walker.atMicros <= now
  }

  /** Hands the current arrival to the application: it runs, waits for a slot, or is too late already. */
  function handOver(): void {
    const arrival = walker.arrival()
    const lane = lanes[walker.operation]
    if (lane === undefined)
      throw new RangeError(`the plan names an operation that is not among ${names.join(', ')}`)
    const { name } = lane.operation
    const stoodIn = standIns?.[name] ?? 0
    const input = lane.operation.input(arrival, world)
    lane.records[arrival.phase].standIns += (standIns?.[name] ?? 0) - stoodIn
    const now = clock.nowMicros()
    const intended = closed ? now : startAtMicros + walker.atMicros
    const deadlineAt = clock.toPerformanceMs(intended + lane.deadlineMicros)
    const phaseEnd = lane.records[arrival.phase].windowEndMicros
    // What the first half leaves is not achieved in the pause: its seconds are in no window.
    const windowEnd = intended < pauseFrom ? Math.min(phaseEnd, pauseFrom) : phaseEnd
    const flight = new Flight(arrival, lane, input, intended, now, deadlineAt, windowEnd, faultPoint)
    const { record } = flight
    recordMeasure(record.measures, 'dispatchLag', now - intended)
    if (now < windowEnd) record.offered[arrival.stream] += 1
    if (arrival.phase === 'measure' && now < firstMeasured) firstMeasured = now
    lane.second.offered += 1
    if (now >= flight.deadlineMicros) {
      record.outcomes.dropped += 1
      record.droppedAtHandOver += 1
      lane.second.dropped += 1
      return
    }
    open += 1
    lane.flights.push(flight)
    if (flight.deadlineMicros < nextSweep) nextSweep = flight.deadlineMicros
    if (running < limit) start(flight, now)
    else waiting.push(flight)
  }

  function start(flight: Flight, now: number): void {
    running += 1
    flight.state = 'running'
    flight.startedMicros = now
    recordMeasure(flight.record.measures, 'queueWait', now - flight.handedMicros)
    const { arrival, lane, input } = flight
    const keys = journal === undefined ? undefined : lane.operation.journal?.(input)
    if (journal === undefined || keys === undefined) {
      call(flight)
      return
    }
    const { number, phase, stream } = arrival
    const entry = { number, phase, stream, operation: lane.operation.name, keys, startedMicros: now }
    const written = journal.begin(entry)
    if (written === undefined) call(flight)
    else written.then(() => call(flight), fail)
  }

  function call(flight: Flight): void {
    let answer: Promise<unknown>
    try {
      answer = flight.lane.operation.run(application, flight.input, flight)
    } catch (error) {
      answer = Promise.reject(error)
    }
    answer.then(
      (output) => ended(flight, (now) => settleOk(flight, output, now, host)),
      (error: unknown) => ended(flight, (now) => settleFailure(flight, error, now, host)),
    )
  }

  function ended(flight: Flight, settle: (now: number) => Promise<void> | void): void {
    if (finished) return
    const now = clock.nowMicros()
    running -= 1
    try {
      if (now >= seconds.endsAtMicros) turnSecond(now)
      // An answer after the deadline comes too late, even where the sweep has not been there yet.
      if (now >= flight.deadlineMicros) expire(now)
      if (flight.state === 'running') {
        flight.state = 'answered'
        lastEnded = now
        const written = settle(now)
        if (written === undefined) close(flight)
        else written.then(() => closeAndPump(flight), fail)
      }
      completions += 1
      if (completions < COMPLETIONS_PER_TURN) pump(now)
      else arm(now)
    } catch (error) {
      fail(error)
    }
  }

  function close(flight: Flight): void {
    flight.state = 'over'
    open -= 1
    forgetEnded(flight.lane)
  }

  function closeAndPump(flight: Flight): void {
    if (finished) return
    close(flight)
    wake()
  }

  function expire(now: number): void {
    const swept = sweep(lanes, now)
    open -= swept.ended
    nextSweep = swept.next
  }

  function turnSecond(now: number): void {
    sendFlows()
    seconds.turn(now)
  }

  /** A closed loop keeps to the planned times: what it has not reached of a phase when that ends is passed over. */
  function endPhases(now: number): void {
    if (now >= runEnd) hasNext = false
    if (now >= measureStart)
      while (hasNext && startAtMicros + walker.atMicros < measureStart) hasNext = walker.next()
  }

  /** Does all that is due at `now` and sees to it that somebody comes back for the rest. */
  function pump(now: number): void {
    while (running < limit) {
      const flight = waiting.next(now)
      if (flight === undefined) break
      start(flight, now)
    }
    if (closed) endPhases(now)
    let latest = now
    while (isDue(latest) && latest <= now + HAND_OVER_MICROS) {
      handOver()
      // The operation may have interrupted the run.
      hasNext &&= walker.next()
      latest = clock.nowMicros()
    }
    if (latest >= seconds.endsAtMicros) turnSecond(latest)
    if (latest >= nextSweep) expire(latest)
    if (interruptedAt !== undefined && latest >= interruptedAt + INTERRUPTED_DRAIN_MICROS) giveUp()
    if (isOver(latest)) finish(latest)
    else arm(latest)
  }

  /** An open loop lasts its whole window, even where the last arrival comes long before its end. */
  function isOver(now: number): boolean {
    return !hasNext && open === 0 && (closed || interruptedAt !== undefined || now >= runEnd)
  }

  function arm(now: number): void {
    let at = Math.min(nextSweep, seconds.endsAtMicros, now < runEnd ? runEnd : Infinity)
    if (completions >= COMPLETIONS_PER_TURN) at = now
    else if (hasNext && !closed) at = Math.min(at, startAtMicros + walker.atMicros)
    else if (hasNext && now < pauseTo) at = Math.min(at, pauseTo)
    if (interruptedAt !== undefined) at = Math.min(at, interruptedAt + INTERRUPTED_DRAIN_MICROS)
    if (at >= pendingWake) return
    pendingWake = at
    clock.wakeAt(at, wake)
  }

  function wake(): void {
    if (finished) return
    pendingWake = Infinity
    completions = 0
    try {
      pump(clock.nowMicros())
    } catch (error) {
      fail(error)
    }
  }

  /** What an interrupted run does not wait for any longer. */
  function giveUp(): void {
    for (const lane of lanes) {
      for (let flight = lane.flights.shift(); flight !== undefined; flight = lane.flights.shift()) {
        if (flight.state === 'over') continue
        flight.record.unfinished += 1
        flight.state = 'over'
        flight.abort()
      }
    }
    open = 0
  }

  function interrupt(): void {
    interruptedAt = clock.nowMicros()
    hasNext = false
    for (
      let flight = waiting.next(interruptedAt);
      flight !== undefined;
      flight = waiting.next(interruptedAt)
    ) {
      flight.record.unfinished += 1
      close(flight)
    }
    pendingWake = interruptedAt
    clock.wakeAt(interruptedAt, wake)
  }

  function stop(): void {
    finished = true
    clock.cancelWake()
    signal?.removeEventListener('abort', interrupt)
  }

  function fail(error: unknown): void {
    if (finished) return
    stop()
    reject(error)
  }

  function finish(now: number): void {
    stop()
    sendFlows()
    seconds.finish()
    const windowStart = closed ? firstMeasured : measureStart
    const windowEnd = Math.min(closed ? lastEnded : runEnd, interruptedAt ?? Infinity)
    const paused = Math.max(0, Math.min(windowEnd, pauseTo) - Math.max(windowStart, pauseFrom))
    resolve({
      worker: options.worker,
      interrupted: interruptedAt !== undefined,
      measuredSeconds: Math.max(0, windowEnd - windowStart - paused) / 1e6,
      drainSeconds: Math.max(0, now - windowEnd) / 1e6,
      operations: lanes.flatMap(({ records }) => [reportOf(records.warmup), reportOf(records.measure)]),
    })
  }

  signal?.addEventListener('abort', interrupt)
  if (signal?.aborted === true) interrupt()
  else wake()
}
