import type { Result } from '../core/result.ts'
import { throwIfInterrupted } from './interrupt.ts'

/** The steps of a run, timed and told. */
export interface Steps {
  /** Runs a step unless the run was interrupted; `work` answers its value and what it did, in one line. */
  step<Value>(name: string, work: () => Promise<readonly [Value, string]>): Promise<Value>
  done(): Result['steps']
  /** The step that runs, or ran last. */
  current(): string
}

/** A fresh log of steps; each is told in a line when it ends. */
export function steps(signal: AbortSignal, line: (text: string) => void): Steps {
  const done: Result['steps'][number][] = []
  let current = ''
  return {
    async step(name, work) {
      throwIfInterrupted(signal)
      current = name
      const started = performance.now()
      const [value, summary] = await work()
      const seconds = (performance.now() - started) / 1e3
      done.push({ name, seconds, summary })
      line(`${name.padEnd(9)} ${seconds.toFixed(1).padStart(6)} s  ${summary}`)
      return value
    },
    done: () => done,
    current: () => current,
  }
}
