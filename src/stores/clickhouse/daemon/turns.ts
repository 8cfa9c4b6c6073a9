import { exception } from './exceptions.ts'

/** Lets so many run at once, and the others wait in the order in which they came. */
export interface Turns {
  /** Waits for a turn; what it answers ends it. */
  enter(): Promise<() => void>
  /** Refuses whoever comes from now on, and waits for those who have come. */
  end(): Promise<void>
}

/** Turns for `most` at once. */
export function turnsOf(most: number): Turns {
  const waiting: (() => void)[] = []
  let running = 0
  let ended = false
  let idle: (() => void) | undefined

  function leave(): void {
    const next = waiting.shift()
    if (next !== undefined) return next()
    running -= 1
    if (running === 0) idle?.()
  }

  return {
    async enter() {
      if (ended) throw exception(236, 'ABORTED', 'The server is being shut down')
      if (running === most) await new Promise<void>((resolve) => waiting.push(resolve))
      else running += 1
      return leave
    },
    async end() {
      ended = true
      if (running > 0) await new Promise<void>((resolve) => (idle = resolve))
    },
  }
}
