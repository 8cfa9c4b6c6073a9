import { addCost } from '../core/cost.ts'
import { OperationFailure, Refusal } from '../core/errors.ts'
import type { JournalOutcome } from '../core/journal.ts'
import type { JournalKeys, Outcome } from '../core/operation.ts'
import type { Flight } from './flight.ts'
import type { LoadOptions } from './options.ts'
import { recordOk, recordRefusal, recordUnexpected, runChecks } from './recorder.ts'
import type { FlowBegun } from './report.ts'
import { countOk } from './seconds.ts'

const NOTHING: JournalKeys = {}

/** What settling needs of the worker that it happens in. */
export interface SettleHost {
  readonly options: LoadOptions
  flowBegun(begun: FlowBegun): void
}

function outcomeOf(error: unknown): Outcome {
  if (error instanceof Refusal) return 'refused'
  return error instanceof OperationFailure ? error.kind : 'unexpected'
}

/** A conflict was rolled back; after a timeout, a lost connection or a surprise nobody knows what the store did. */
function witnessed(outcome: Outcome): JournalOutcome {
  if (outcome === 'refused') return 'refused'
  return outcome === 'conflict' ? 'failed' : 'unknown'
}

function countWindow(flight: Flight, endedMicros: number, answered: boolean): void {
  const { record, arrival, startedMicros, windowEndMicros } = flight
  if (endedMicros < windowEndMicros) {
    if (answered) record.achieved[arrival.stream] += 1
  } else if (startedMicros < windowEndMicros) {
    record.inFlightAtEnd += 1
  }
}

/**
 * Ends a flight that succeeded: checks, results, flows, journal, histograms. What a function of the workload throws
 * passes through: it is a bug.
 * @returns a promise in durable mode, when the journal must have the end before the success counts
 */
export function settleOk(
  flight: Flight,
  output: unknown,
  endedMicros: number,
  host: SettleHost,
): Promise<void> | void {
  const { record, arrival, input } = flight
  const { operation } = record
  const { journal, results, world } = host.options
  const made = operation.result?.(input, output)
  const written =
    journal === undefined || operation.journal === undefined
      ? undefined
      : journal.end({
          number: arrival.number,
          outcome: 'ok',
          result: operation.outcome?.(input, output) ?? NOTHING,
          finishedMicros: endedMicros,
        })
  const acknowledge = (): void => {
    if (made !== undefined) results.set(made.key, made.id)
    const begun = operation.flows?.(input, output)
    for (const flow of begun?.flows ?? [])
      host.flowBegun({
        flow,
        key: begun?.key ?? '',
        intendedMicros: flight.intendedMicros,
        phase: arrival.phase,
      })
    record.outcomes.ok += 1
    recordOk(record, flight, endedMicros, operation.part?.(input, output), flight.cost)
    countWindow(flight, endedMicros, true)
    countOk(flight.lane.second, endedMicros - flight.intendedMicros)
    if (record.checks.length > 0) runChecks(record, arrival.number, input, output, world)
  }
  if (written === undefined) return acknowledge()
  return written.then(acknowledge)
}

/** Ends a flight whose operation threw. @returns a promise in durable mode, as `settleOk` */
export function settleFailure(
  flight: Flight,
  error: unknown,
  endedMicros: number,
  host: SettleHost,
): Promise<void> | void {
  const { record, arrival } = flight
  const outcome = outcomeOf(error)
  const second = flight.lane.second
  record.outcomes[outcome] += 1
  addCost(record.cost, flight.cost)
  countWindow(flight, endedMicros, outcome === 'refused')
  if (outcome === 'refused') {
    second.refused += 1
    recordRefusal(record, endedMicros - flight.intendedMicros)
  } else {
    second.failed += 1
    if (outcome === 'unexpected') recordUnexpected(record, error)
  }
  const { journal } = host.options
  if (journal === undefined || record.operation.journal === undefined) return
  return journal.end({
    number: arrival.number,
    outcome: witnessed(outcome),
    result: NOTHING,
    finishedMicros: endedMicros,
  })
}

/** Ends a flight that nobody waits for any more: dropped when it never started, else a timeout. No end in the journal. */
export function settleExpired(flight: Flight): void {
  const { record } = flight
  if (flight.state === 'queued') {
    record.outcomes.dropped += 1
    flight.lane.second.dropped += 1
  } else {
    record.outcomes.timeout += 1
    flight.lane.second.failed += 1
    addCost(record.cost, flight.cost)
    if (flight.startedMicros < flight.windowEndMicros) record.inFlightAtEnd += 1
  }
  flight.state = 'over'
  flight.abort()
}
