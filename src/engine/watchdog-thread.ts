// A thread that asks to be woken every millisecond and counts how late that is: it has nothing else to do, so what it
// sees is the machine and not the application.
import { workerData } from 'node:worker_threads'
import { fineBucket } from './interval.ts'
import { WATCHDOG_BUCKETS, WATCHDOG_MAXIMUM, WATCHDOG_STOP, WATCHDOG_SUSPENSIONS } from './watchdog.ts'

const PERIOD_MS = 1
const SUSPENDED_MS = 2_000

/** A late wake missed others: they count as late by what was left (else one long stall would be one sample). */
function count(words: Int32Array, lateMicros: number): void {
  if (lateMicros > Atomics.load(words, WATCHDOG_MAXIMUM))
    Atomics.store(words, WATCHDOG_MAXIMUM, Math.round(lateMicros))
  for (let late = lateMicros; late > 0; late -= PERIOD_MS * 1e3)
    Atomics.add(words, WATCHDOG_BUCKETS + fineBucket(late), 1)
}

function watch(words: Int32Array): void {
  for (;;) {
    const before = performance.now()
    const wallBefore = Date.now()
    if (Atomics.wait(words, WATCHDOG_STOP, 0, PERIOD_MS) !== 'timed-out') return
    const elapsed = performance.now() - before
    // The monotonic clock of some systems stands still during a suspension; the wall clock does not.
    const wallElapsed = Date.now() - wallBefore
    if (Math.max(elapsed, wallElapsed) - PERIOD_MS > SUSPENDED_MS) Atomics.add(words, WATCHDOG_SUSPENSIONS, 1)
    count(words, Math.min(Math.max(1, (elapsed - PERIOD_MS) * 1e3), 2 ** 27))
  }
}

watch(workerData as Int32Array)
