import { OperationFailure } from '../../../../core/errors.ts'
import type { ClickHouseClient, ClickHouseSettings } from '../../../../stores/clickhouse/client.ts'
import { linesOf } from './frame.ts'
import type { BrokenEvent, FramedRecord } from './frame.ts'
import { whyUnreadable } from './read-event.ts'
import type { ReceivedMessage } from '../../../../stores/kafka/client.ts'

const LINE_BREAK = 0x0a
/** Of a block: when more of it is refused, the sink is at fault and not the events. */
const LARGEST_BROKEN_SHARE = 0.5

/**
 * One insert is one block in the table and in every view's: nothing of it is kept unless all of it is read, and it is
 * known again by its token. Values are read as they are declared, never bent to fit.
 */
const AS_ONE_BLOCK: ClickHouseSettings = {
  input_format_parallel_parsing: 0,
  max_insert_block_size: 1_000_000,
  min_insert_block_size_rows: 1_000_000,
  min_insert_block_size_bytes: 1_000_000_000,
  insert_deduplicate: 1,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  input_format_null_as_default: 0,
  input_format_json_read_numbers_as_strings: 0,
  input_format_json_read_bools_as_strings: 0,
  input_format_json_read_bools_as_numbers: 0,
  input_format_json_read_arrays_as_strings: 0,
  input_format_json_read_objects_as_strings: 0,
  async_insert: 0,
}

/** A record as it is to be stored. */
export interface SinkRecord extends FramedRecord {
  readonly record: ReceivedMessage
}

/** An event that is not stored, where it came from, and why. */
export interface DeadLetter extends BrokenEvent {
  readonly record: ReceivedMessage
}

function isRefusal(error: unknown): boolean {
  return error instanceof OperationFailure && error.kind === 'unexpected'
}

async function insert(
  clickhouse: ClickHouseClient,
  table: string,
  rows: readonly Buffer[],
  token: string,
): Promise<void> {
  await clickhouse.insert(table, 'JSONCompactEachRow', rows, {
    settings: { ...AS_ONE_BLOCK, insert_deduplication_token: token },
  })
}

/** The row of each event of a record, and the event itself. */
function* rowsOf({ rows, record, broken }: SinkRecord): Generator<{ row: Buffer; letter: DeadLetter }> {
  const misshapen = new Set(broken.map(({ position }) => position))
  let from = 0
  for (const event of linesOf(record.value)) {
    if (misshapen.has(event.position)) continue
    const to = rows.indexOf(LINE_BREAK, from) + 1
    yield { row: rows.subarray(from, to), letter: { ...event, record, reason: '' } }
    from = to
  }
}

interface Candidate {
  readonly row: Buffer
  readonly letter: DeadLetter
}

/** Halves until single rows are left: which of them the sink refuses, in its own words. */
async function refused(
  clickhouse: ClickHouseClient,
  candidates: readonly Candidate[],
): Promise<readonly DeadLetter[]> {
  try {
    await clickhouse.insert(
      'events_check',
      'JSONCompactEachRow',
      candidates.map(({ row }) => row),
      { settings: AS_ONE_BLOCK },
    )
    return []
  } catch (error) {
    if (!isRefusal(error)) throw error
    const [only] = candidates
    if (candidates.length === 1 && only !== undefined)
      return [{ ...only.letter, reason: error instanceof Error ? error.message.slice(0, 300) : 'refused' }]
  }
  const half = candidates.length >> 1
  return [
    ...(await refused(clickhouse, candidates.slice(0, half))),
    ...(await refused(clickhouse, candidates.slice(half))),
  ]
}

/** Reads a refused block event by event: what can be stored, and what cannot. */
async function sorted(
  clickhouse: ClickHouseClient,
  records: readonly SinkRecord[],
): Promise<{ readonly rows: readonly Buffer[]; readonly dead: readonly DeadLetter[] }> {
  const readable: Candidate[] = []
  const dead: DeadLetter[] = []
  for (const record of records) {
    for (const candidate of rowsOf(record)) {
      const reason = whyUnreadable(candidate.letter.line.toString())
      if (reason === undefined) readable.push(candidate)
      else dead.push({ ...candidate.letter, reason })
    }
  }
  // What reads well and is refused all the same: the table knows more than the reader.
  const further = dead.length > 0 ? [] : await refused(clickhouse, readable)
  const unwanted = new Set(further.map(({ line }) => line))
  return {
    rows: readable.filter(({ letter }) => !unwanted.has(letter.line)).map(({ row }) => row),
    dead: [...dead, ...further],
  }
}

/**
 * Stores the events of a block, once, however often it is called with the same block. Nothing of an insert that was
 * refused stays; then the events are read one by one.
 * @returns the events that cannot be stored, beside those that were misshapen already
 * @throws OperationFailure: `timeout`, `unavailable` (call again), `unexpected` when the sink takes hardly anything
 */
export async function storeEvents(
  clickhouse: ClickHouseClient,
  records: readonly SinkRecord[],
  token: string,
): Promise<readonly DeadLetter[]> {
  const filled = records.filter(({ count }) => count > 0)
  if (filled.length === 0) return []
  try {
    const rows = filled.map((record) => record.rows)
    await insert(clickhouse, 'events', rows, token)
    return []
  } catch (error) {
    if (!isRefusal(error)) throw error
    const { rows, dead } = await sorted(clickhouse, filled)
    if (rows.length < dead.length * (1 / LARGEST_BROKEN_SHARE - 1)) throw error
    await insert(clickhouse, 'events', rows, token)
    return dead
  }
}
