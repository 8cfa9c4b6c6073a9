import type { PausePlan } from '../engine/schedule.ts'
import { inTurn } from '../machine/in-turn.ts'

/** How a run shares the machine with the runs that it is compared with (design.md, law 8). */
export interface Turn {
  /** When its measured window stands still for the others. */
  readonly pause: PausePlan | undefined
  /** Does what only one of the runs may do at a time, such as seeding and auditing, while none of them is measured. */
  alone<Value>(work: () => Promise<Value>): Promise<Value>
  /** This run can begin. Resolves when all can, with the start of its load in `process.hrtime` microseconds. */
  ready(): Promise<number>
  /** This run's load is over. Resolves when all are. */
  measured(): Promise<void>
  /** This run ends, however it does: nobody waits for it any more. */
  leave(): void
}

/** Time for all workers to hear of the start before it comes. */
const LEAD_MICROS = 250_000
/** What is late in one run has so long to end before another goes on: more than the shortest deadline. */
const SETTLE_SECONDS = 6

const soon = (): number => Number(process.hrtime.bigint() / 1000n) + LEAD_MICROS

/** The turn of a run that has the machine to itself. */
export const solo: Turn = {
  pause: undefined,
  alone: (work) => work(),
  ready: () => Promise.resolve(soon()),
  measured: () => Promise.resolve(),
  leave: () => undefined,
}

/** Resolves for all once each of `members` has come or is gone. */
function barrier<Value>(members: number, value: () => Value): { pass(): Promise<Value>; arrive(): void } {
  const { promise, resolve } = Promise.withResolvers<Value>()
  let missing = members
  const arrive = (): void => {
    missing -= 1
    if (missing === 0) resolve(value())
  }
  return {
    pass() {
      arrive()
      return promise
    },
    arrive,
  }
}

/**
 * Turns of two runs with the same windows, A B B A: the first pauses in the middle of its measured window, and meanwhile
 * the second warms up and is measured. What makes the machine slower or faster over time meets both.
 */
export function interleaved(warmupSeconds: number, measureSeconds: number): readonly [Turn, Turn] {
  const half = measureSeconds / 2
  const begin = barrier(2, soon)
  const end = barrier(2, () => undefined)
  const alone = inTurn()

  function turn(pause: PausePlan | undefined, delaySeconds: number): Turn {
    const left = { begin: true, end: true }
    return {
      pause,
      alone,
      async ready() {
        left.begin = false
        return (await begin.pass()) + delaySeconds * 1e6
      },
      async measured() {
        left.end = false
        await end.pass()
      },
      leave() {
        if (left.begin) begin.arrive()
        if (left.end) end.arrive()
        left.begin = left.end = false
      },
    }
  }

  const between = warmupSeconds + measureSeconds + SETTLE_SECONDS
  return [turn({ afterSeconds: half, seconds: between }, 0), turn(undefined, warmupSeconds + half)]
}
