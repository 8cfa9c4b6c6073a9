import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ArchError } from '../core/errors.ts'
import type { JournalEntry, JournalReader } from '../core/journal.ts'
import type { OperationName } from '../core/names.ts'
import { parseLine } from './journal-format.ts'
import type { JournalBegin, JournalLine } from './journal-format.ts'

/** The lines of one file. A torn line is left out: it can only be the last one, or the last before a restart. */
async function* linesOf(path: string): AsyncGenerator<JournalLine> {
  const lines = createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity })
  let torn: number | undefined
  let position = 0
  for await (const text of lines) {
    position += 1
    if (text === '') {
      torn = undefined
      continue
    }
    if (torn !== undefined)
      throw new ArchError(
        `line ${torn} of ${path} is not a line of a journal`,
        'the file was changed by hand or by another program: run the bench again',
      )
    const line = parseLine(text)
    if (line === undefined) torn = position
    else yield line
  }
}

function unknownEntry(begin: JournalBegin): JournalEntry {
  const { number, phase, stream, operation, keys, startedMicros } = begin
  return {
    number,
    phase,
    stream,
    operation,
    keys,
    startedMicros,
    outcome: 'unknown',
    result: {},
    finishedMicros: undefined,
  }
}

/** The entries of one file, each where its end line stands; those without one follow, in the order they began. */
async function* entriesOf(path: string): AsyncGenerator<JournalEntry> {
  const open = new Map<number, JournalBegin>()
  for await (const line of linesOf(path)) {
    if (line.kind === 'begin') {
      open.set(line.number, line)
      continue
    }
    const begin = open.get(line.number)
    if (begin === undefined) continue
    open.delete(line.number)
    const { outcome, result, finishedMicros } = line
    yield { ...unknownEntry(begin), outcome, result, finishedMicros }
  }
  for (const begin of open.values()) yield unknownEntry(begin)
}

/**
 * Reads all journals of `directory`, file by file, streaming: what is held in memory are the writes without an end. A
 * torn last line (the process was killed) is left out. A directory that does not exist holds no entries.
 * @throws ArchError, while iterating, when a line in the middle of a file is not a journal's
 */
export function journalReader(directory: string): JournalReader {
  return {
    async *entries(operation?: OperationName) {
      for (const file of await journalFiles(directory)) {
        for await (const entry of entriesOf(file)) {
          if (operation === undefined || entry.operation === operation) yield entry
        }
      }
    },
  }
}

async function journalFiles(directory: string): Promise<string[]> {
  try {
    const names = await readdir(directory)
    return names
      .filter((name) => name.endsWith('.journal'))
      .toSorted()
      .map((name) => join(directory, name))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
