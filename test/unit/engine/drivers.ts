import type { AnyOperation, Context, Results } from '../../../src/core/operation.ts'
import { erase } from '../../../src/core/operation.ts'
import { assumed } from '../../../src/core/model.ts'
import type { Operation } from '../../../src/core/operation.ts'
import type { FakeClock } from './fake-clock.ts'
import type { JournalBegin, JournalEnd } from '../../../src/engine/journal-format.ts'
import type { JournalWriter } from '../../../src/engine/journal.ts'
import type { LoadOptions } from '../../../src/engine/options.ts'
import type { SchedulePlan } from '../../../src/engine/schedule.ts'

export type TestOperation = Operation<unknown, unknown, number, unknown>

/** An operation named `name` whose input is the arrival's number and which does what `run` says. */
export function operationOf(
  name: string,
  run: (input: number, context: Context) => Promise<unknown>,
  more: Partial<TestOperation> = {},
): AnyOperation {
  return erase<unknown, unknown, number, unknown>({
    name,
    claims: [],
    kind: 'read',
    rate: assumed(1, 'per second', 'a test'),
    targets: [],
    input: (arrival) => arrival.number,
    run: (_application, input, context) => run(input, context),
    ...more,
  })
}

const noResults: Results = { get: () => undefined, set: () => undefined }

/** A steady plan of one measured phase with one stream per operation. */
export function planOf(
  perSecond: Readonly<Record<string, number>>,
  seconds: number,
  process: SchedulePlan['process'] = 'uniform',
  warmupSeconds = 0,
): SchedulePlan {
  const streams = Object.entries(perSecond).map(([operation, rate]) => ({
    operation,
    stream: 'mix' as const,
    perSecond: rate,
  }))
  const measure = { phase: 'measure' as const, seconds, streams }
  const phases =
    warmupSeconds > 0 ? [{ phase: 'warmup' as const, seconds: warmupSeconds, streams }, measure] : [measure]
  return { seed: 42, process, phases }
}

/** Options of a single worker with many slots on a fake clock that starts with the run. */
export function optionsOf(
  clock: FakeClock,
  operations: readonly AnyOperation[],
  plan: SchedulePlan,
): LoadOptions {
  return {
    operations,
    application: undefined,
    world: undefined,
    results: noResults,
    plan,
    worker: 0,
    workers: 1,
    slots: 100_000,
    clock,
    startAtMicros: clock.nowMicros(),
  }
}

/** A journal that keeps what it is told. */
export function journalInto(begins: JournalBegin[], ends: JournalEnd[]): JournalWriter {
  return {
    begin(entry) {
      begins.push(entry)
      return undefined
    },
    end(entry) {
      ends.push(entry)
      return undefined
    },
    close: () => Promise.resolve(),
  }
}
