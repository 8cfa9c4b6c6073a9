/** The time of this machine, and a way to be woken. Tests hand in one that they move themselves. */
export interface Clock {
  /** Microseconds on the clock of `process.hrtime`, which all processes of the machine share; may have a fraction. */
  nowMicros(): number
  /** The same moment as `performance.now()` milliseconds of this thread. */
  toPerformanceMs(micros: number): number
  /** Calls `wake` once, at `atMicros` or soon after. One call is pending at a time: a new one replaces it. */
  wakeAt(atMicros: number, wake: () => void): void
  /** Forgets the pending call. */
  cancelWake(): void
}

/** Sleeping is at best precise to a millisecond, so it costs up to that much dispatch lag; polling costs a core. */
const SLEEP_BEYOND_MICROS = 60
const MILLISECOND = 1_000

/** `performance.now()` and `process.hrtime` tick together; their distance is read where the two calls lay closest. */
function hrtimeOffsetMicros(): number {
  let offset = 0
  let closest = Infinity
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const before = performance.now()
    const hrtime = Number(process.hrtime.bigint()) / 1e3
    const after = performance.now()
    if (after - before < closest) {
      closest = after - before
      offset = hrtime - ((before + after) / 2) * 1e3
    }
  }
  return offset
}

/**
 * The real clock. A wake that is more than `pollWithinMicros` away sleeps in steps of a millisecond, a nearer one polls
 * the event loop, so that I/O goes on in between.
 * @param pollWithinMicros default 60; a worker that is busy anyway (over 16,000 arrivals/s) may poll from further off
 */
export function realClock(pollWithinMicros: number = SLEEP_BEYOND_MICROS): Clock {
  const offset = hrtimeOffsetMicros()
  let at = 0
  let wake: (() => void) | undefined
  let timer: NodeJS.Timeout | undefined
  let immediate: NodeJS.Immediate | undefined
  const nowMicros = (): number => performance.now() * 1e3 + offset

  function poll(): void {
    immediate = undefined
    timer = undefined
    arm()
  }

  function arm(): void {
    if (wake === undefined) return
    const left = at - nowMicros()
    if (left <= 0) {
      const due = wake
      wake = undefined
      due()
    } else if (left <= pollWithinMicros) {
      immediate ??= setImmediate(poll)
    } else {
      timer ??= setTimeout(poll, Math.max(1, Math.floor(left / MILLISECOND)))
    }
  }

  function cancelWake(): void {
    wake = undefined
    if (timer !== undefined) clearTimeout(timer)
    if (immediate !== undefined) clearImmediate(immediate)
    timer = undefined
    immediate = undefined
  }

  return {
    nowMicros,
    toPerformanceMs: (micros) => (micros - offset) / 1e3,
    wakeAt(atMicros, callback) {
      cancelWake()
      at = atMicros
      wake = callback
      if (at - nowMicros() <= pollWithinMicros) immediate = setImmediate(poll)
      else arm()
    },
    cancelWake,
  }
}
