// The entry of a role's own child process: relays, consumers, gateways. Its CPU is reported apart from the load's, and
// a kill -9 hits it and nothing else (design.md, section 3).
import { setFlagsFromString } from 'node:v8'
import { OperationFailure } from '../core/errors.ts'
import type { FlowEnd } from '../core/operation.ts'
import type { RunningRole } from '../core/workload.ts'
import type { Stores } from '../core/store.ts'
import type { FromRole, RoleAssignment, ToRole } from './role-messages.ts'
import { closeStores, connectStores } from './up.ts'
import { openWitness } from './witness.ts'
import type { Witness } from './witness.ts'
import { loadWorkload, variantOf } from './workloads.ts'

/** Ends of flows are sent in batches: one message each would cost more than the work that they report. */
const BATCH_MS = 20

// Records and rows pass as buffers, which lie outside of V8's heap, and for each 64 MB of those it marks the heap anew: a
// third of what a consumer of 50,000 events a second does. Counted with the heap, they make it wait as long as its own.
setFlagsFromString('--external-memory-accounted-in-global-limit')

const stopping = new AbortController()
let running: RunningRole | undefined
let stores: Stores | undefined
let witness: Witness | undefined
let pending: FlowEnd[] = []
let timer: NodeJS.Timeout | undefined

function send(message: FromRole): void {
  if (process.connected) process.send?.(message)
}

function cpuSeconds(): number {
  const usage = process.cpuUsage()
  return (usage.user + usage.system) / 1e6
}

function sendEnds(): void {
  timer = undefined
  if (pending.length === 0) return
  send({ type: 'ends', ends: pending })
  pending = []
}

async function start(assignment: RoleAssignment): Promise<void> {
  const workload = await loadWorkload(assignment.workload)
  const begin = variantOf(workload, assignment.variant).roles[assignment.role]
  if (begin === undefined) throw new Error(`${assignment.workload} has no role '${assignment.role}'`)
  stores = await connectStores(assignment.endpoints, {
    poolSize: 4,
    applicationName: `arch ${assignment.role}`,
    keepsPlans: true,
  })
  const armed = new Set(assignment.killAt)
  const seen = openWitness(assignment.journalFolder, assignment.role)
  witness = seen
  running = await begin(stores, assignment.population, assignment.choice, {
    signal: stopping.signal,
    flowEnds(ends) {
      pending.push(...ends)
      timer ??= setTimeout(sendEnds, BATCH_MS)
    },
    witness: (operation, keys) => seen.saw(operation, keys),
    faultPoint(name) {
      if (armed.has(name)) process.kill(process.pid, 'SIGKILL')
    },
  })
  send({ type: 'ready' })
}

async function stop(): Promise<void> {
  stopping.abort()
  await running?.close()
  if (stores !== undefined) await closeStores(stores)
  await witness?.close()
  sendEnds()
  send({ type: 'stopped', cpuSeconds: cpuSeconds() })
  process.disconnect()
}

async function drained(): Promise<void> {
  const done = running === undefined ? false : await running.drained().catch(() => false)
  sendEnds()
  send({ type: 'drained', drained: done })
}

async function lag(): Promise<void> {
  send({ type: 'lag', lag: (await running?.lag?.().catch(() => undefined)) ?? {} })
}

async function handle(message: ToRole): Promise<void> {
  if (message.type === 'start') await start(message.assignment)
  else if (message.type === 'drained?') await drained()
  else if (message.type === 'lag?') await lag()
  else if (message.type === 'cpu?') send({ type: 'cpu', cpuSeconds: cpuSeconds() })
  else await stop()
}

process.on('message', (message: ToRole) => {
  handle(message).catch((error: unknown) => {
    // The log of the role has the stack.
    console.error(error)
    const message = error instanceof Error ? error.message : String(error)
    send({ type: 'failed', message, store: error instanceof OperationFailure })
    process.exitCode = 1
    process.disconnect()
  })
})

// The session ends roles itself: a Ctrl-C in the terminal reaches the whole process group and must not end them first.
process.on('SIGINT', () => undefined)
process.on('disconnect', () => {
  process.exit()
})
