import type { Audit, AuditContext, AuditOutcome } from '../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import type { ClickHouseClient } from '../../../stores/clickhouse/client.ts'
import type { KafkaClient, PartitionRange, ReceivedMessage } from '../../../stores/kafka/client.ts'
import { linesOf } from '../fixed/ingest/frame.ts'
import { HEADER, INGEST_GROUP, isBatchNumber, REALTIME_GROUP, TOPIC } from '../fixed/topics.ts'
import { NO_PARTITION } from '../seed/generate.ts'
import { analyticsStores } from '../stores.ts'
import { copyPinotBatches } from './pinot-batches.ts'

// Of each partition the offsets in order, those that somebody brought, as the ranges between them.
const HOLES = `SELECT partition, toString(previous) AS first, toString(offset) AS next
FROM (
    SELECT partition, offset, toUInt64({first:Array(UInt64)}[partition + 1]) AS begin,
        greatest(begin, lagInFrame(offset + 1, 1, begin) OVER (PARTITION BY partition ORDER BY offset ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)) AS previous
    FROM (
        SELECT DISTINCT kafka_partition AS partition, kafka_offset AS offset FROM {batches:Identifier} WHERE kafka_partition != {none:UInt16}
        UNION DISTINCT
        SELECT toUInt16(number), {next:Array(UInt64)}[number + 1] FROM numbers(length({next:Array(UInt64)}))
    )
    WHERE offset <= {next:Array(UInt64)}[partition + 1]
)
WHERE offset > previous ORDER BY partition, offset`

const LETTERS =
  'SELECT kafka_partition AS partition, toString(kafka_offset) AS offset, toUInt32(uniqExact(batch_position)) AS events FROM dead_letters GROUP BY kafka_partition, kafka_offset'

const EARLIER = `SELECT toString(batch_id) AS batch, kafka_partition AS partition, toString(min(kafka_offset)) AS offset
FROM (
    SELECT batch_id, kafka_partition, kafka_offset FROM {batches:Identifier}
    UNION ALL SELECT batch_id, kafka_partition, kafka_offset FROM dead_letters
)
WHERE batch_id IN {wanted:Array(UInt64)} GROUP BY batch_id, kafka_partition`

interface Hole {
  readonly partition: number
  readonly first: string
  readonly next: string
}

interface Place {
  readonly partition: number
  readonly offset: string
}

interface Group {
  readonly name: string
  readonly claims: Audit['claims']
  /** Its table of what each record brought. */
  readonly batches: string
  /** How long that table keeps it, in milliseconds. */
  readonly keptMs: number
}

const DAY_MS = 86_400_000
/** Batches in one statement, whose parameters are a part of its address. */
const ASKED_AT_ONCE = 1_000

const placeKey = (partition: number, batch: string): string => `${partition} ${batch}`

/** What a group has read of each partition: from the first record that is there to what it has committed. */
async function readBy(kafka: KafkaClient, group: string): Promise<readonly PartitionRange[]> {
  const offsets = await kafka.offsets(TOPIC.events)
  const committed = await kafka.committed(group, TOPIC.events)
  return offsets.map(({ first }, partition) => {
    const next = committed[partition] ?? first
    return { partition, first, next: next > first ? next : first }
  })
}

/** The records of these ranges that hold events and are neither a cut nor broken throughout. */
async function withEvents(
  { clickhouse, kafka }: { readonly clickhouse: ClickHouseClient; readonly kafka: KafkaClient },
  holes: readonly Hole[],
  sinceMs: number,
): Promise<readonly ReceivedMessage[]> {
  const { rows } = await clickhouse.query<Place & { events: number }>(LETTERS)
  const letters = new Map(rows.map(({ partition, offset, events }) => [`${partition}:${offset}`, events]))
  const ranges = holes.map(({ partition, first, next }) => ({
    partition,
    first: BigInt(first),
    next: BigInt(next),
  }))
  const found: ReceivedMessage[] = []
  for await (const record of kafka.readRanges(TOPIC.events, ranges)) {
    if (record.headers[HEADER.cut] !== undefined || record.timestampMs < sinceMs) continue
    const events = [...linesOf(record.value)].length
    if (events > (letters.get(`${record.partition}:${record.offset}`) ?? 0))
      found.push({ ...record, value: Buffer.alloc(0) })
  }
  return found
}

/** The number of the batch that a record says it holds, as the table writes it. */
function batchOf({ headers }: ReceivedMessage): string {
  const said = headers[HEADER.batch]
  return isBatchNumber(said) ? String(BigInt(said)) : 'without a number'
}

/** Where each of these batches came first, by partition and batch. */
async function firstPlaces(
  clickhouse: ClickHouseClient,
  batches: string,
  wanted: readonly bigint[],
): Promise<ReadonlyMap<string, bigint>> {
  const places = new Map<string, bigint>()
  for (let from = 0; from < wanted.length; from += ASKED_AT_ONCE) {
    const { rows } = await clickhouse.query<Place & { batch: string }>(EARLIER, {
      parameters: { batches, wanted: wanted.slice(from, from + ASKED_AT_ONCE) },
    })
    for (const { batch, partition, offset } of rows) places.set(placeKey(partition, batch), BigInt(offset))
  }
  return places
}

async function compare({ stores, choice }: AuditContext, group: Group): Promise<AuditOutcome> {
  const own = analyticsStores(stores, 'fixed')
  const sinceMs = Date.now() - group.keptMs
  const read = await readBy(own.kafka, group.name)
  const findings = newFindings()
  for (const { first, next } of read) findings.checked += Number(next - first)
  if (group.name === REALTIME_GROUP && choice['hot'] === 'pinot') await copyPinotBatches(own, read)
  const { rows: holes } = await own.clickhouse.query<Hole>(HOLES, {
    parameters: {
      batches: group.batches,
      none: NO_PARTITION,
      first: read.map(({ first }) => first),
      next: read.map(({ next }) => next),
    },
  })
  const records = await withEvents(own, holes, sinceMs)
  const wanted = [...new Set(records.map(batchOf).filter(isBatchNumber))].map(BigInt)
  const earlier = await firstPlaces(own.clickhouse, group.batches, wanted)
  for (const record of records) {
    const { partition, offset } = record
    const before = earlier.get(placeKey(partition, batchOf(record)))
    if (before === undefined || before >= offset)
      addViolation(
        findings,
        `partition ${partition}: record ${offset} (batch ${batchOf(record)}) was read, and brought nothing`,
      )
  }
  const passed = holes.reduce((sum, { first, next }) => sum + Number(BigInt(next) - BigInt(first)), 0)
  return outcomeOf(findings, `${passed - findings.violations} of them cuts, repeated or broken`)
}

function coveredBy(group: Group): Omit<Audit, 'name'> {
  return { claims: group.claims, defects: ['A-01', 'A-03'], run: (context) => compare(context, group) }
}

/**
 * No gap among the offsets: of each record that the group has read either rows are there, or it is a cut, a batch that an
 * earlier record of its partition had brought, or one whose events all lie among the dead letters (B.6, A-01, A-03).
 */
export const offsetsCovered: Audit = {
  name: 'offsets.covered',
  ...coveredBy({ name: INGEST_GROUP, claims: ['ANA-07', 'ANA-12'], batches: 'batches', keptMs: 7 * DAY_MS }),
}

/** The same of the dashboards' group. */
export const hotOffsetsCovered: Audit = {
  name: 'offsets.covered-realtime',
  ...coveredBy({ name: REALTIME_GROUP, claims: ['ANA-13'], batches: 'hot_batches', keptMs: DAY_MS }),
}
