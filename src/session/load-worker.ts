// The entry of a load-generating worker thread: one event loop with its own connections, like one API server.
import { parentPort, workerData } from 'node:worker_threads'
import { ArchError, OperationFailure } from '../core/errors.ts'
import type { OperationName } from '../core/names.ts'
import { realClock } from '../engine/clock.ts'
import { runLoad } from '../engine/dispatch.ts'
import { openJournal } from '../engine/journal.ts'
import { paceOf } from '../engine/pace.ts'
import { sharedResults } from '../engine/results.ts'
import type { FromLoadWorker, LoadAssignment, ToLoadWorker } from './load-messages.ts'
import { explainWriteError } from './report-folder.ts'
import { inSuite } from './suites.ts'
import { closeStores, connectStores } from './up.ts'
import { loadWorkload, variantOf } from './workloads.ts'

function post(message: FromLoadWorker): void {
  parentPort?.postMessage(message)
}

async function main(assignment: LoadAssignment): Promise<void> {
  const interrupt = new AbortController()
  const begin = Promise.withResolvers<number | undefined>()
  const end = Promise.withResolvers<void>()
  parentPort?.on('message', (message: ToLoadWorker) => {
    if (message.type === 'start') begin.resolve(message.startAtMicros)
    else if (message.type === 'interrupt') interrupt.abort()
    else {
      begin.resolve(undefined)
      end.resolve()
    }
  })

  const workload = inSuite(await loadWorkload(assignment.workload), assignment.suite)
  const results = sharedResults(assignment.resultsMemory)
  const standIns: Record<OperationName, number> = {}
  const pace = paceOf(assignment.plan)
  const world = workload.world(assignment.seed, assignment.population, results, pace, standIns)
  const variant = variantOf(workload, assignment.variant)
  const stores = await connectStores(assignment.endpoints, {
    poolSize: assignment.poolSize,
    ...(variant.connectionWaitMs === undefined ? {} : { connectionWaitMs: variant.connectionWaitMs }),
    applicationName: `arch load ${assignment.worker}`,
    keepsPlans: true,
  })
  const running = await variant.open(stores, assignment.population, assignment.choice)
  const journal = await openJournal(assignment.journalFolder, `load-${assignment.worker}`, false)
  const slots = assignment.slots ?? running.slots
  post({ type: 'ready', slots })

  const startAtMicros = await begin.promise
  if (startAtMicros !== undefined) {
    const before = process.threadCpuUsage()
    const report = await runLoad({
      operations: workload.operations,
      application: running.application,
      world,
      results,
      standIns,
      plan: assignment.plan,
      worker: assignment.worker,
      workers: assignment.workers,
      slots,
      ...(assignment.closedConcurrency === undefined
        ? {}
        : { closedConcurrency: assignment.closedConcurrency }),
      clock: realClock(),
      startAtMicros,
      journal,
      signal: interrupt.signal,
      onSecond: (second) => post({ type: 'second', report: second }),
      onFlows: (begun) => post({ type: 'flows', begun }),
    })
    const used = process.threadCpuUsage(before)
    await journal.close()
    post({ type: 'report', report, ratios: running.ratios(), cpuSeconds: (used.user + used.system) / 1e6 })
    await end.promise
  }
  await running.close()
  await closeStores(stores)
  parentPort?.close()
}

const assignment = workerData as LoadAssignment
main(assignment).catch((error: unknown) => {
  const failure = explainWriteError(error, assignment.journalFolder)
  const [message, stack] =
    failure instanceof Error ? [failure.message, failure.stack] : [String(failure), undefined]
  const kind = failure instanceof ArchError ? 'setup' : failure instanceof OperationFailure ? 'store' : 'bug'
  post({ type: 'failed', message, stack, kind, hint: failure instanceof ArchError ? failure.hint : '' })
  parentPort?.close()
})
