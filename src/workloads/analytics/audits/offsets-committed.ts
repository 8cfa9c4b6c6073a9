import type { Audit, AuditContext, AuditOutcome } from '../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import { INGEST_GROUP, REALTIME_GROUP, TOPIC } from '../fixed/topics.ts'
import { NO_PARTITION } from '../seed/generate.ts'
import { analyticsStores } from '../stores.ts'

const RECORDS =
  'SELECT kafka_partition AS partition, toUInt32(count()) AS records, toUInt32(uniqExact(kafka_offset)) AS different, toString(max(kafka_offset)) AS last FROM {batches:Identifier} WHERE kafka_partition != {none:UInt16} GROUP BY kafka_partition'

interface Records {
  readonly partition: number
  readonly records: number
  readonly different: number
  readonly last: string
}

interface Group {
  readonly name: string
  readonly claims: Audit['claims']
  /** Its table of what each record brought. */
  readonly batches: string
}

async function compare({ stores }: AuditContext, { name, batches }: Group): Promise<AuditOutcome> {
  const { clickhouse, kafka } = analyticsStores(stores, 'fixed')
  const offsets = await kafka.offsets(TOPIC.events)
  const committed = await kafka.committed(name, TOPIC.events)
  const { rows } = await clickhouse.query<Records>(RECORDS, { parameters: { batches, none: NO_PARTITION } })
  const findings = newFindings()
  for (const [partition, { first, next }] of offsets.entries()) {
    if (next === first) continue
    findings.checked += Number(next - first)
    if (committed[partition] !== next)
      addViolation(
        findings,
        `partition ${partition} is read to ${committed[partition] ?? 'nowhere'} of ${next}`,
      )
  }
  for (const { partition, records, different, last } of rows) {
    if (records !== different)
      addViolation(findings, `partition ${partition}: ${records - different} records are stored twice`)
    if (BigInt(last) >= (offsets[partition]?.next ?? 0n))
      addViolation(
        findings,
        `partition ${partition}: record ${last} is stored, which the topic does not hold`,
      )
  }
  return outcomeOf(findings)
}

function committedBy(group: Group): Omit<Audit, 'name'> {
  return { claims: group.claims, defects: ['A-01', 'A-03'], run: (context) => compare(context, group) }
}

/** The group has read each partition to its end, and no record of it was stored twice. */
export const offsetsCommitted: Audit = {
  name: 'offsets.committed',
  ...committedBy({ name: INGEST_GROUP, claims: ['ANA-12'], batches: 'batches' }),
}

/** The same of the dashboards' group. */
export const hotOffsetsCommitted: Audit = {
  name: 'offsets.committed-realtime',
  ...committedBy({ name: REALTIME_GROUP, claims: ['ANA-13'], batches: 'hot_batches' }),
}
