import { spawn } from 'node:child_process'
import { open, readFile, readdir, readlink } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Launch, ServiceAccount } from '../core/store-module.ts'
import { readIfThere } from './files.ts'
import { run } from './run.ts'

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number
  /** Changes with every process that is given this number, restarts of the machine included. */
  readonly started: string
}

const POLL_MS = 20
const LINUX = process.platform === 'linux'

async function linuxStart(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may hold spaces; state is the first field behind it, the start time the twentieth.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8')
    return `${fields[19]}@${boot.trim()}`
  } catch {
    return undefined
  }
}

/** The identity of a live process, or undefined when there is none with this number. */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  if (LINUX) {
    const started = await linuxStart(pid)
    return started === undefined ? undefined : { pid, started }
  }
  const { code, stdout } = await run('ps', ['-o', 'lstart=', '-p', String(pid)])
  return code === 0 && stdout.trim() !== '' ? { pid, started: stdout.trim() } : undefined
}

/** True while exactly this process lives. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await identify(identity.pid))?.started === identity.started
}

async function workingFolderOf(pid: number): Promise<string | undefined> {
  if (LINUX) return readlink(`/proc/${pid}/cwd`).catch(() => undefined)
  const { stdout } = await run('lsof', ['-a', '-p', String(pid), '-d', 'cwd', '-Fn'])
  return /^n(.*)$/m.exec(stdout)?.[1]
}

/**
 * The live process that a pid file names, if it works in `folder`: an instance whose start was never recorded. A
 * number that now belongs to somebody else's process is none.
 */
export async function findByPidFile(pidFile: string, folder: string): Promise<ProcessIdentity | undefined> {
  const pid = Number.parseInt((await readIfThere(pidFile)) ?? '', 10)
  if (!Number.isInteger(pid) || pid <= 1) return undefined
  const identity = await identify(pid)
  return identity !== undefined && (await workingFolderOf(pid)) === folder ? identity : undefined
}

/** The processes that work in `folder`; none where there is no /proc. */
async function workersIn(folder: string): Promise<number[]> {
  if (!LINUX) return []
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const folders = await Promise.all(pids.map(workingFolderOf))
  return pids.filter((_, index) => folders[index] === folder)
}

/** Whether any process works in `folder`: children that outlive a killed parent. Always false where there is no /proc. */
export async function isWorkedIn(folder: string): Promise<boolean> {
  return (await workersIn(folder)).length > 0
}

/**
 * What is run. A shell writes its own number down and becomes the store, which so has that number: nobody can be killed
 * between the start of a store and the record of it.
 */
function commandOf(launch: Launch): readonly [file: string, args: readonly string[]] {
  if (launch.pidWrittenBy === 'store') return [launch.file, launch.args]
  return ['/bin/sh', ['-c', 'echo $$ > "$0" && exec "$@"', launch.pidFile, launch.file, ...launch.args]]
}

/** Starts a process that outlives this one, with its output appended to `logFile`. */
export async function spawnDetached(
  launch: Launch,
  logFile: string,
  account: ServiceAccount | undefined,
): Promise<ProcessIdentity> {
  const log = await open(logFile, 'a', 0o640)
  try {
    const [file, args] = commandOf(launch)
    const child = spawn(file, args, {
      cwd: launch.folder,
      // Nothing of the caller's environment (its secrets, its PG* variables) reaches a store.
      env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
      ...account,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    })
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
    child.unref()
    const pid = child.pid as number
    // One that ended at once is found dead by whoever waits for it.
    return (await identify(pid)) ?? { pid, started: 'ended at once' }
  } finally {
    await log.close()
  }
}

/** Waits until the process is gone; false when it is still there after `timeoutMs`. */
export async function waitForEnd(identity: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  const until = performance.now() + timeoutMs
  while (await isAlive(identity)) {
    if (performance.now() > until) return false
    await sleep(POLL_MS)
  }
  return true
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // Gone in the meantime.
  }
}

/** Ends a process in order, and after `patienceMs` by force; nothing happens to another one with its number. */
export async function endProcess(
  identity: ProcessIdentity,
  first: NodeJS.Signals,
  patienceMs: number,
): Promise<'gone' | 'ended' | 'killed'> {
  if (!(await isAlive(identity))) return 'gone'
  signal(identity.pid, first)
  if (await waitForEnd(identity, patienceMs)) return 'ended'
  if (await isAlive(identity)) signal(identity.pid, 'SIGKILL')
  await waitForEnd(identity, patienceMs)
  return 'killed'
}

/**
 * Ends what still works in a folder that is about to be removed: a store whose state was lost, or children of a killed
 * one. Nothing happens where there is no /proc.
 */
export async function endWorkersIn(folder: string, patienceMs: number): Promise<void> {
  const workers = await Promise.all((await workersIn(folder)).map(identify))
  await Promise.all(
    workers
      .filter((worker) => worker !== undefined)
      .map((worker) => endProcess(worker, 'SIGINT', patienceMs)),
  )
}
