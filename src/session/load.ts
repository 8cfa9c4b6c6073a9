import { Worker } from 'node:worker_threads'
import { ArchError, OperationFailure } from '../core/errors.ts'
import type { FlowBegun, SecondReport, WorkerReport } from '../engine/report.ts'
import type { FromLoadWorker, LoadAssignment, ToLoadWorker } from './load-messages.ts'

const EXTENSION = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
const ENTRY = new URL(`load-worker${EXTENSION}`, import.meta.url)

/** What a worker answers at its end. */
export interface LoadOutcome {
  readonly report: WorkerReport
  readonly ratios: Readonly<Record<string, readonly [number, number]>>
  readonly cpuSeconds: number
}

/** A load worker, seen from the session. */
export interface LoadHandle {
  readonly slots: number
  start(startAtMicros: number): void
  interrupt(): void
  /** The worker's report, or undefined when it died without one. */
  readonly outcome: Promise<LoadOutcome | undefined>
  close(): Promise<void>
}

/** Who is told what a worker does while it runs. */
export interface LoadObserver {
  second(report: SecondReport): void
  flows(begun: readonly FlowBegun[]): void
}

function errorOf(failed: FromLoadWorker & { readonly type: 'failed' }): Error {
  if (failed.kind === 'setup') return new ArchError(failed.message, failed.hint)
  if (failed.kind === 'store') return new OperationFailure('unavailable', failed.message)
  const bug = new Error(failed.message)
  if (failed.stack !== undefined) bug.stack = failed.stack
  return bug
}

/**
 * Starts a load worker thread and waits until its application is open.
 * @throws ArchError when the setup fails, OperationFailure when a store is the reason; other errors are bugs
 */
export async function startLoad(assignment: LoadAssignment, observer: LoadObserver): Promise<LoadHandle> {
  const worker = new Worker(ENTRY, {
    workerData: assignment,
    name: `load ${assignment.worker}`,
  })
  const ready = Promise.withResolvers<number>()
  const outcome = Promise.withResolvers<LoadOutcome | undefined>()
  const exited = Promise.withResolvers<void>()
  let bug: Error | undefined
  // A rejection that nobody awaits yet must not end the process: `ready` hands it on.
  outcome.promise.catch(() => undefined)

  function fail(error: Error): void {
    bug = error
    ready.reject(error)
    outcome.reject(error)
  }

  worker.on('message', (message: FromLoadWorker) => {
    if (message.type === 'second') observer.second(message.report)
    else if (message.type === 'flows') observer.flows(message.begun)
    else if (message.type === 'ready') ready.resolve(message.slots)
    else if (message.type === 'report') outcome.resolve(message)
    else {
      fail(errorOf(message))
    }
  })
  worker.on('error', (error: NodeJS.ErrnoException) => {
    // It has died, as by a kill: what the others saw is told, and passes for nothing (law 4).
    if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') outcome.resolve(undefined)
    else fail(error)
  })
  worker.on('exit', () => {
    ready.reject(bug ?? new Error(`load worker ${assignment.worker} ended before it was ready`))
    outcome.resolve(undefined)
    exited.resolve()
  })

  function tell(message: ToLoadWorker): void {
    worker.postMessage(message)
  }

  const slots = await ready.promise.catch(async (error: unknown) => {
    // Connections that it had opened would keep it alive.
    await worker.terminate()
    throw error
  })
  return {
    slots,
    start: (startAtMicros) => tell({ type: 'start', startAtMicros }),
    interrupt: () => tell({ type: 'interrupt' }),
    outcome: outcome.promise,
    async close() {
      tell({ type: 'close' })
      const timeout = setTimeout(() => void worker.terminate(), 5_000)
      await exited.promise
      clearTimeout(timeout)
    },
  }
}
