import { cpus } from 'node:os'

function ticks(): { readonly idle: number; readonly all: number } {
  let idle = 0
  let all = 0
  for (const { times } of cpus()) {
    idle += times.idle
    all += times.idle + times.user + times.nice + times.sys + times.irq
  }
  return { idle, all }
}

/** Begins to watch the cores. @returns what tells their busy share since then, in percent, whoever was at work */
export function watchCores(): () => number {
  const before = ticks()
  return () => {
    const now = ticks()
    const all = now.all - before.all
    return all === 0 ? 0 : 100 * (1 - (now.idle - before.idle) / all)
  }
}
