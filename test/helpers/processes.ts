import { readFile, readdir } from 'node:fs/promises'

/** A live process as /proc shows it. */
export interface ProcessEntry {
  readonly pid: number
  readonly parent: number
  readonly command: string
}

async function entryOf(pid: number): Promise<ProcessEntry | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ')
    return state === 'Z' ? undefined : { pid, parent: Number(parent), command }
  } catch {
    // It ended while we looked.
    return undefined
  }
}

/** The live children of a process. */
export async function childrenOf(parent: number): Promise<ProcessEntry[]> {
  const numbers = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const entries = await Promise.all(numbers.map(entryOf))
  return entries.filter((entry) => entry !== undefined).filter((entry) => entry.parent === parent)
}
