import type { JournalOutcome } from '../core/journal.ts'
import type { OperationName } from '../core/names.ts'
import type { JournalKeys, Phase, Stream } from '../core/operation.ts'

/** What the journal knows before a write runs. */
export interface JournalBegin {
  readonly number: number
  readonly phase: Phase
  readonly stream: Stream
  readonly operation: OperationName
  readonly keys: JournalKeys
  /** `process.hrtime` microseconds. */
  readonly startedMicros: number
}

/** What the journal learns when a write is answered. */
export interface JournalEnd {
  readonly number: number
  readonly outcome: JournalOutcome
  readonly result: JournalKeys
  /** `process.hrtime` microseconds. */
  readonly finishedMicros: number
}

/** One line of a journal, told apart by `kind`. */
export type JournalLine =
  | ({ readonly kind: 'begin' } & JournalBegin)
  | ({ readonly kind: 'end' } & JournalEnd)

const PHASES: Readonly<Record<string, Phase>> = { w: 'warmup', m: 'measure' }
const STREAMS: Readonly<Record<string, Stream>> = { m: 'mix', p: 'probe', s: 'surge' }
const OUTCOMES: Readonly<Record<string, JournalOutcome>> = {
  o: 'ok',
  r: 'refused',
  f: 'failed',
  u: 'unknown',
}

/** `b`, number, phase, stream, operation, start, keys: separated by tabs, which JSON escapes. */
export function formatBegin(entry: JournalBegin): string {
  const started = Math.round(entry.startedMicros)
  const keys = JSON.stringify(entry.keys)
  return `b\t${entry.number}\t${entry.phase[0]}\t${entry.stream[0]}\t${entry.operation}\t${started}\t${keys}\n`
}

/** `e`, number, outcome, finish, result. */
export function formatEnd(entry: JournalEnd): string {
  const finished = Math.round(entry.finishedMicros)
  return `e\t${entry.number}\t${entry.outcome[0]}\t${finished}\t${JSON.stringify(entry.result)}\n`
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : undefined
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

function parseKeys(text: string | undefined): JournalKeys | undefined {
  let value: unknown
  try {
    value = JSON.parse(text ?? '')
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const keys: Record<string, string | number | boolean> = {}
  for (const [name, scalar] of Object.entries(value)) {
    if (!isScalar(scalar)) return undefined
    Object.defineProperty(keys, name, { value: scalar, enumerable: true, writable: true, configurable: true })
  }
  return keys
}

function parseBegin(fields: readonly string[]): JournalLine | undefined {
  const number = wholeNumber(fields[1])
  const phase = PHASES[fields[2] ?? '']
  const stream = STREAMS[fields[3] ?? '']
  const operation = fields[4]
  const startedMicros = wholeNumber(fields[5])
  const keys = parseKeys(fields[6])
  if (number === undefined || phase === undefined || stream === undefined) return undefined
  if (operation === undefined || operation === '' || startedMicros === undefined || keys === undefined)
    return undefined
  return { kind: 'begin', number, phase, stream, operation, startedMicros, keys }
}

function parseEnd(fields: readonly string[]): JournalLine | undefined {
  const number = wholeNumber(fields[1])
  const outcome = OUTCOMES[fields[2] ?? '']
  const finishedMicros = wholeNumber(fields[3])
  const result = parseKeys(fields[4])
  if (number === undefined || outcome === undefined || finishedMicros === undefined || result === undefined)
    return undefined
  return { kind: 'end', number, outcome, finishedMicros, result }
}

/** Reads a line without its newline; undefined when it is not a whole line of a journal. */
export function parseLine(line: string): JournalLine | undefined {
  const fields = line.split('\t')
  if (fields[0] === 'b' && fields.length === 7) return parseBegin(fields)
  if (fields[0] === 'e' && fields.length === 5) return parseEnd(fields)
  return undefined
}
