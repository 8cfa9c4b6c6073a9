import type { Clock } from '../../../src/engine/clock.ts'

interface Event {
  readonly atMicros: number
  readonly order: number
  readonly run: () => void
}

/** A clock that stands still until it is driven: every wake and every sleep happens at exactly its time. */
export interface FakeClock extends Clock {
  /** Resolves when the clock has reached `atMicros`. */
  until(atMicros: number): Promise<void>
  /** Moves the time on at once, as code that blocks the event loop does. */
  block(micros: number): void
  /** Runs all events in order of time until `work` is settled. */
  drive<Result>(work: Promise<Result>): Promise<Result>
}

/** A fake clock that starts at `startMicros`. */
export function fakeClock(startMicros = 0): FakeClock {
  let now = startMicros
  let order = 0
  let wakeOrder = -1
  const heap: Event[] = []

  function add(atMicros: number, run: () => void): number {
    order += 1
    const event = { atMicros, order, run }
    let index = heap.length
    heap.push(event)
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!before(event, heap[parent] as Event)) break
      heap[index] = heap[parent] as Event
      index = parent
    }
    heap[index] = event
    return order
  }

  function before(left: Event, right: Event): boolean {
    return left.atMicros === right.atMicros ? left.order < right.order : left.atMicros < right.atMicros
  }

  function take(): Event | undefined {
    const top = heap[0]
    const last = heap.pop()
    if (top === undefined || last === undefined || heap.length === 0) return top
    let index = 0
    for (;;) {
      let child = index * 2 + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1] as Event, heap[child] as Event)) child += 1
      if (!before(heap[child] as Event, last)) break
      heap[index] = heap[child] as Event
      index = child
    }
    heap[index] = last
    return top
  }

  return {
    nowMicros: () => now,
    toPerformanceMs: (micros) => micros / 1e3,
    wakeAt(atMicros, wake) {
      const mine = add(Math.max(atMicros, now), () => {
        if (wakeOrder === mine) wake()
      })
      wakeOrder = mine
    },
    cancelWake() {
      wakeOrder = -1
    },
    until: (atMicros) => new Promise((resolve) => add(Math.max(atMicros, now), resolve)),
    block(micros) {
      now += micros
    },
    async drive(work) {
      let settled = false
      const mark = (): void => {
        settled = true
      }
      work.then(mark, mark)
      for (;;) {
        // A turn of the event loop lets every promise that the last event settled run to its end.
        await new Promise((resolve) => setImmediate(resolve))
        if (settled) return work
        const event = take()
        if (event === undefined) throw new Error('the work waits for nothing that this clock will ever do')
        now = Math.max(now, event.atMicros)
        event.run()
      }
    },
  }
}
