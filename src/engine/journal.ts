import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { formatBegin, formatEnd } from './journal-format.ts'
import type { JournalBegin, JournalEnd } from './journal-format.ts'

/** Characters that are worth a write of their own, and how long fewer may wait. */
const FLUSH_CHARACTERS = 64 * 1024
const FLUSH_MS = 20

/** The journal of one process or thread: an append-only file of its own (design.md, law 7). */
export interface JournalWriter {
  /** Before a write runs. In durable mode it answers a promise that resolves once the line is in the file. */
  begin(entry: JournalBegin): Promise<void> | undefined
  /** When its answer is known; promise as for `begin`. An entry that gets no end reads back as `unknown`. */
  end(entry: JournalEnd): Promise<void> | undefined
  /** Writes what is buffered and closes the file. */
  close(): Promise<void>
}

/**
 * Opens `<directory>/<process>.journal` for appending, making the directory when needed. Lines are buffered and
 * written together, at the latest after 20 ms. With `durable`, each append resolves only when its line is in the file,
 * so that an acknowledged write survives a kill -9 of this process; appends made during a write share the next one.
 * @throws the file system's error when the file cannot be opened; a failed write rejects durable appends and `close`
 */
export async function openJournal(
  directory: string,
  process: string,
  durable = false,
): Promise<JournalWriter> {
  await mkdir(directory, { recursive: true })
  const file = await open(join(directory, `${process}.journal`), 'a')
  // A blank line marks a restart: the line before it may have been torn when the process was killed.
  let buffered = (await file.stat()).size > 0 ? '\n\n' : ''
  let timer: NodeJS.Timeout | undefined
  let last: Promise<void> = Promise.resolve()
  let waiting: Promise<void> | undefined
  let failure: { readonly error: unknown } | undefined

  async function write(): Promise<void> {
    waiting = undefined
    const lines = buffered
    buffered = ''
    if (lines !== '') await file.appendFile(lines)
  }

  /** Resolves when all that is buffered now is in the file. At most one write runs and one waits. */
  function flush(): Promise<void> {
    if (waiting !== undefined) return waiting
    if (timer !== undefined) clearTimeout(timer)
    timer = undefined
    waiting = last.then(write)
    last = waiting.catch((error: unknown) => {
      failure ??= { error }
    })
    return waiting
  }

  function append(line: string): Promise<void> | undefined {
    buffered += line
    if (durable) return flush()
    if (buffered.length >= FLUSH_CHARACTERS) void flush()
    else timer ??= setTimeout(() => void flush(), FLUSH_MS)
    return undefined
  }

  return {
    begin: (entry) => append(formatBegin(entry)),
    end: (entry) => append(formatEnd(entry)),
    async close() {
      void flush()
      await last
      await file.close()
      if (failure !== undefined) throw failure.error
    },
  }
}
