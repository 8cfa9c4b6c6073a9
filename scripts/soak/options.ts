import { parseArgs } from 'node:util'

/** How a soak is asked for, and whether somebody has asked it to end. */
export interface SoakOptions {
  /** How often each fault is brought about. */
  readonly count: number
  /** Part of the names of those that are. */
  readonly only: string
  /** Ctrl-C ends it with what it has. */
  readonly isStopping: () => boolean
}

/** Reads `--count 100 --only ...`. @throws RangeError where the count is no number from 1 on; TypeError for other flags */
export function soakOptions(): SoakOptions {
  const { values } = parseArgs({
    options: { count: { type: 'string', default: '100' }, only: { type: 'string', default: '' } },
  })
  const count = Number(values.count)
  if (!Number.isSafeInteger(count) || count < 1) throw new RangeError(`--count is '${values.count}'`)
  const stopping = new AbortController()
  process.once('SIGINT', () => stopping.abort())
  return { count, only: values.only, isStopping: () => stopping.signal.aborted }
}
