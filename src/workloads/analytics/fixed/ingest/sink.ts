import { OperationFailure } from '../../../../core/errors.ts'
import type { ClickHouseClient, ClickHouseSettings } from '../../../../stores/clickhouse/client.ts'
import { ROW_COLUMNS } from '../../events/columns.ts'
import { linesOf } from './frame.ts'
import type { BrokenEvent, FramedRecord } from './frame.ts'
import type { ReceivedMessage } from '../../../../stores/kafka/client.ts'

const LINE_BREAK = 0x0a
const LONGEST_REASON = 300
/** Rows above which an insert is no longer one block. */
export const LARGEST_INSERT = 1_000_000
/** Takes what a table of events takes, and keeps nothing. */
const CHECK = 'events_check'

/**
 * One insert is one block in the table and in every view's: nothing of it is kept unless all of it is read, and it is
 * known again by its token. Values are read as they are declared, never bent to fit.
 */
const AS_ONE_BLOCK: ClickHouseSettings = {
  input_format_parallel_parsing: 0,
  max_insert_block_size: LARGEST_INSERT,
  min_insert_block_size_rows: LARGEST_INSERT,
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
  // Merges make them, for parts that are worth an index; made for each block they are a tenth of what ClickHouse does.
  materialize_skip_indexes_on_insert: 0,
}

/** A record as it is to be stored. */
export interface SinkRecord extends FramedRecord {
  readonly record: ReceivedMessage
}

/** An event that is not stored, where it came from, and why. */
export interface DeadLetter extends BrokenEvent {
  readonly record: ReceivedMessage
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

function insertRows(
  clickhouse: ClickHouseClient,
  table: string,
  rows: readonly Buffer[],
  settings: ClickHouseSettings,
): Promise<void> {
  return clickhouse.insert(table, 'JSONCompactEachRow', rows, { columns: ROW_COLUMNS, settings })
}

/** Halves until single rows are left: which of them the sink refuses, in its own words. */
async function refusedOf(
  clickhouse: ClickHouseClient,
  candidates: readonly Candidate[],
): Promise<readonly DeadLetter[]> {
  const [only] = candidates
  if (only === undefined) return []
  try {
    const rows = candidates.map(({ row }) => row)
    await insertRows(clickhouse, CHECK, rows, AS_ONE_BLOCK)
    return []
  } catch (error) {
    if (!(error instanceof OperationFailure) || error.kind !== 'unexpected') throw error
    if (candidates.length === 1) return [{ ...only.letter, reason: error.message.slice(0, LONGEST_REASON) }]
  }
  const half = candidates.length >> 1
  return [
    ...(await refusedOf(clickhouse, candidates.slice(0, half))),
    ...(await refusedOf(clickhouse, candidates.slice(half))),
  ]
}

/** Where the events of a block go, and by which name the insert is known again. */
export interface Insertion {
  readonly table: string
  readonly token: string
}

/** Stores rows; false when the sink refused them, of which nothing stays. @throws OperationFailure */
async function isTaken(
  clickhouse: ClickHouseClient,
  rows: readonly Buffer[],
  { table, token }: Insertion,
): Promise<boolean> {
  const settings = { ...AS_ONE_BLOCK, insert_deduplication_token: token }
  try {
    if (rows.length > 0) await insertRows(clickhouse, table, rows, settings)
    return true
  } catch (error) {
    if (error instanceof OperationFailure && error.kind === 'unexpected') return false
    throw error
  }
}

/** An event that any sink of events takes: one that does not is at fault itself. */
const GOOD_ID = '"00000000-0000-4000-8000-000000000000"'
const GOOD_ROW = Buffer.from(`[0,0,0,0,0,${GOOD_ID},"",0,${GOOD_ID},"","","","","","","desktop","",0,0]\n`)

/**
 * Stores the events of a block, once, however often it is called with the same block. All of them read as declared, so that
 * a refusal is the sink's fault, or of something that the table asks beside. Of an insert that was refused nothing stays;
 * if a good row is taken meanwhile, the events that are refused are found by halves, be it all of them, each judged alone.
 * @returns the events that cannot be stored, beside those that were broken already
 * @throws OperationFailure: `timeout`, `unavailable` (call again), `unexpected` when the sink refuses what is good
 */
export async function storeEvents(
  clickhouse: ClickHouseClient,
  records: readonly SinkRecord[],
  insertion: Insertion,
): Promise<readonly DeadLetter[]> {
  const filled = records.filter(({ count }) => count > 0)
  const whole = filled.map(({ rows }) => rows)
  if (await isTaken(clickhouse, whole, insertion)) return []
  await insertRows(clickhouse, CHECK, [GOOD_ROW], AS_ONE_BLOCK)
  const candidates = filled.flatMap((record) => [...rowsOf(record)])
  const refused = await refusedOf(clickhouse, candidates)
  const unwanted = new Set(refused.map(({ line }) => line))
  const wanted = candidates.filter(({ letter }) => !unwanted.has(letter.line)).map(({ row }) => row)
  if (refused.length === 0 || !(await isTaken(clickhouse, wanted, insertion)))
    throw new OperationFailure('unexpected', `${insertion.table} refuses what ${CHECK} takes`)
  return refused
}
