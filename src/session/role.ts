import { fork, type ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ArchError, OperationFailure } from '../core/errors.ts'
import type { RoleName } from '../core/names.ts'
import type { FlowEnd } from '../core/operation.ts'
import type { FromRole, RoleAssignment, ToRole } from './role-messages.ts'

const EXTENSION = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
const ENTRY = fileURLToPath(new URL(`role-process${EXTENSION}`, import.meta.url))
/** A role that does not answer for this long is taken for dead: a store that died must not hang the run. */
const ANSWER_MS = 10_000
/** A role may have to make much before it is ready: thousands of devices with their keys. */
const READY_MS = 180_000

/** A role's process, seen from the session. */
export interface RoleHandle {
  readonly name: RoleName
  readonly pid: number | undefined
  /** False once the process has ended without being asked to. */
  alive(): boolean
  /** Whether nothing is left to do; false when the role does not answer. */
  drained(): Promise<boolean>
  /** Records that its consumer groups have yet to read, by group; empty when it does not answer. One question at a time. */
  lag(): Promise<Readonly<Record<string, number>>>
  /** CPU seconds, user and system, since the role's start; undefined when it is gone. */
  cpuSeconds(): Promise<number | undefined>
  /** Ends the process in order; answers its CPU seconds where it still could say them. */
  stop(): Promise<number | undefined>
  /** kill -9. */
  kill(): void
}

/** How a role's life is followed. */
export interface RoleObserver {
  ends(ends: readonly FlowEnd[]): void
  failed(message: string): void
}

/**
 * Starts a role in a child process of its own and waits until it is ready.
 * @param logFile where its output goes; created when missing
 * @throws ArchError when it fails to start, OperationFailure when a store is the reason
 */
export async function startRole(
  assignment: RoleAssignment,
  logFile: string,
  observer: RoleObserver,
): Promise<RoleHandle> {
  const log = openSync(logFile, 'a', 0o600)
  const child = fork(ENTRY, [], { stdio: ['ignore', log, log, 'ipc'], serialization: 'advanced' })
  closeSync(log)
  const waiting = new Map<FromRole['type'], (message: FromRole | undefined) => void>()
  let ended = false
  let stopping = false

  child.on('message', (message: FromRole) => {
    if (message.type === 'ends') observer.ends(message.ends)
    else if (message.type === 'failed' && !waiting.has('ready'))
      observer.failed(`role ${assignment.role} failed: ${message.message}`)
    else if (message.type === 'failed') waiting.get('ready')?.(message)
    else waiting.get(message.type)?.(message)
  })
  // A question to one that has just died cannot be written; `exit` says that it did. One that was never begun has no exit.
  child.on('error', () => {
    ended ||= child.pid === undefined
    for (const answer of waiting.values()) answer(undefined)
  })
  child.on('exit', (code, signal) => {
    ended = true
    // One that is to die may come to its fault point before it is ready: it was started all the same.
    const isDue = signal === 'SIGKILL' && assignment.killAt.length > 0
    if (isDue) waiting.get('ready')?.({ type: 'ready' })
    if (!stopping && (isDue || !waiting.has('ready')))
      observer.failed(`role ${assignment.role} died (${signal ?? `exit code ${code}`})`)
    for (const answer of waiting.values()) answer(undefined)
  })

  function ask(
    question: ToRole,
    answerType: FromRole['type'],
    milliseconds: number,
  ): Promise<FromRole | undefined> {
    if (ended || !child.connected) return Promise.resolve(undefined)
    const answered = Promise.withResolvers<FromRole | undefined>()
    const timeout = setTimeout(() => answered.resolve(undefined), milliseconds)
    waiting.set(answerType, answered.resolve)
    child.send(question)
    return answered.promise.finally(() => {
      clearTimeout(timeout)
      waiting.delete(answerType)
    })
  }

  const ready = await ask({ type: 'start', assignment }, 'ready', READY_MS)
  if (ready?.type !== 'ready') {
    child.kill('SIGKILL')
    if (ready?.type === 'failed' && ready.store)
      throw new OperationFailure('unavailable', `the role ${assignment.role} did not start: ${ready.message}`)
    const why = ready?.type === 'failed' ? ready.message : 'it ended or did not answer'
    throw new ArchError(`the role ${assignment.role} did not start: ${why}`, `Its output is in ${logFile}.`)
  }

  return {
    name: assignment.role,
    pid: child.pid,
    alive: () => !ended,
    async drained() {
      const answer = await ask({ type: 'drained?' }, 'drained', ANSWER_MS)
      return answer?.type === 'drained' && answer.drained
    },
    async lag() {
      const answer = await ask({ type: 'lag?' }, 'lag', ANSWER_MS)
      return answer?.type === 'lag' ? answer.lag : {}
    },
    async cpuSeconds() {
      const answer = await ask({ type: 'cpu?' }, 'cpu', ANSWER_MS)
      return answer?.type === 'cpu' ? answer.cpuSeconds : undefined
    },
    async stop() {
      stopping = true
      const answer = await ask({ type: 'stop' }, 'stopped', ANSWER_MS)
      await exited(child, ended)
      return answer?.type === 'stopped' ? answer.cpuSeconds : undefined
    },
    kill() {
      child.kill('SIGKILL')
    },
  }
}

async function exited(child: ChildProcess, already: boolean): Promise<void> {
  if (already || child.exitCode !== null || child.signalCode !== null) return
  const end = Promise.withResolvers<void>()
  child.once('exit', () => end.resolve())
  const timeout = setTimeout(() => child.kill('SIGKILL'), 2_000)
  await end.promise
  clearTimeout(timeout)
}
