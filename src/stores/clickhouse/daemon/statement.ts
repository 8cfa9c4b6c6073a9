import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { bytesOf, writeBody } from './body.ts'
import { exception } from './exceptions.ts'
import { fromFile, readsInput } from './insert.ts'
import type { Asked } from './request.ts'

/** A text for the engine, and what is known of its answer. */
export interface Statement {
  readonly text: string
  /** Of the answer. */
  readonly format: string
  /** Whether its rows come from a file, so that the engine counts them. */
  readonly countsRows: boolean
  /** Whether it changes nothing: it may be ended when nobody waits for it. */
  readonly reads: boolean
  /** Whether its answer may be sent in parts. */
  readonly streams: boolean
  /** Removes what it has brought along. */
  end(): Promise<void>
}

const READS = /^\s*(SELECT|WITH|EXPLAIN|SHOW|DESC|EXISTS|\()/i
const FORMAT_AT_END = /\bFORMAT\s+(\w+)\s*;?\s*$/i
const ANY_FORMAT = /\bFORMAT\b/i
/** Formats without a beginning and an end: the engine writes each part of a stream as a whole. */
const ROWS = /^(TSV|TabSeparated|CSV|JSONEachRow|JSONCompactEachRow|RowBinary|Native)$/
const END_CHARACTERS = 100
/** A text that is longer is no query but values. */
const LONGEST_QUERY = 2 ** 20

function textStatement(text: string, { format, waits, session }: Asked): Statement {
  if (readsInput(text.slice(0, LONGEST_QUERY)))
    throw exception(48, 'NOT_IMPLEMENTED', 'INSERT ... SELECT FROM input() is not spoken here')
  const named = FORMAT_AT_END.exec(text.slice(-END_CHARACTERS))?.[1]
  const reads = READS.test(text)
  const isKnown = named !== undefined || !ANY_FORMAT.test(text.slice(0, LONGEST_QUERY))
  return {
    text,
    format: named ?? format,
    countsRows: false,
    reads,
    streams: reads && isKnown && !waits && session === undefined && ROWS.test(named ?? format),
    end: async () => undefined,
  }
}

async function insertStatement(
  text: string,
  file: string,
  write: () => Promise<void>,
  { format }: Asked,
): Promise<Statement> {
  const end = (): Promise<void> => rm(file, { force: true })
  try {
    await write()
  } catch (error) {
    await end()
    throw error
  }
  return { text, format, countsRows: true, reads: false, streams: false, end }
}

/**
 * The statement of a request: an INSERT that rows follow, in the URL or in the first line of the body, or a text in the
 * URL, the body or both.
 * @param incoming the folder for rows on their way
 * @throws Exception for what is no statement
 */
export async function statementOf(
  asked: Asked,
  incoming: string,
  request: IncomingMessage,
): Promise<Statement> {
  const file = join(incoming, randomUUID())
  const announced = fromFile(asked.text, file)
  if (announced !== undefined) return insertStatement(announced, file, () => writeBody(request, file), asked)
  const body = await bytesOf(request)
  if (asked.text === '' && body.length === 0) throw exception(62, 'SYNTAX_ERROR', 'Empty query')
  const lineBreak = asked.text === '' ? body.indexOf('\n') : -1
  const inBody = lineBreak < 0 ? undefined : fromFile(body.toString('utf8', 0, lineBreak), file)
  if (inBody !== undefined)
    return insertStatement(inBody, file, () => writeFile(file, body.subarray(lineBreak + 1)), asked)
  const text = [asked.text, body.toString('utf8')].filter((part) => part !== '').join('\n')
  return textStatement(text, asked)
}
