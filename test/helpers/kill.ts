// Ends, stops and starts stores of a test's home as the kernel or an operator would.
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { StoreName } from '../../src/core/names.ts'
import { openHome } from '../../src/machine/home.ts'
import { waitForEnd } from '../../src/machine/process.ts'
import { nodesOf, readInstance } from '../../src/session/instance.ts'
import { upStores } from '../../src/session/up.ts'

async function stateOf(thread: string): Promise<string> {
  const stat = await readFile(join(thread, 'stat'), 'utf8').catch(() => '')
  // The name in parentheses may hold spaces. A thread that has ended meanwhile is as good as stopped.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[0] || 'T'
}

/** Waits until every thread of a process has stopped: on a busy machine one may answer a request after SIGSTOP was sent. */
async function waitForStop(pid: number): Promise<void> {
  const folder = `/proc/${pid}/task`
  for (;;) {
    // Where there is no /proc, nothing is waited for.
    const threads = await readdir(folder).catch(() => [])
    const states = await Promise.all(threads.map((thread) => stateOf(join(folder, thread))))
    if (states.every((state) => state === 'T')) return
  }
}

/** Sends a signal to a store, to all of its group where it is a launcher and a server. */
export async function signalStore(
  home: string,
  store: StoreName,
  signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT',
): Promise<void> {
  const known = await readInstance(await openHome(home, {}), store)
  if (known?.process === undefined) throw new Error(`${store} does not run`)
  const { pid } = known.process
  process.kill(store === 'elasticsearch' ? -pid : pid, signal)
  if (signal === 'SIGKILL') await waitForEnd(known.process, 10_000)
  if (signal === 'SIGSTOP') await waitForStop(pid)
}

/** Kills one of several nodes, counted from 0. */
export async function killNode(home: string, store: StoreName, index: number): Promise<void> {
  const known = await readInstance(await openHome(home, {}), store)
  const running = known === undefined ? undefined : nodesOf(known)[index]?.process
  if (running === undefined) throw new Error(`node ${index} of ${store} does not run`)
  process.kill(running.pid, 'SIGKILL')
  await waitForEnd(running, 10_000)
}

/** Starts a store again that was killed: where it listened before. */
export async function restartStore(home: string, store: StoreName): Promise<void> {
  await upStores([store], { provider: 'native', topology: 'single', home })
}
