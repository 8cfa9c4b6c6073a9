import type { VariantName } from '../../../core/names.ts'
import type { Audit } from '../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import { analyticsStores, DATABASES } from '../stores.ts'

const PARTITIONS =
  "SELECT partition, toUInt32(sum(rows)) AS events FROM system.parts WHERE database = {database:String} AND table = 'events' AND active GROUP BY partition"
/** The population reaches back a month, and events may be a day late. */
const MONTHS_BACK = 2

function monthOf(date: Date): number {
  return date.getUTCFullYear() * 12 + date.getUTCMonth()
}

/** No clock of a device opens a partition of another time. */
export function partitionsRange(variant: VariantName): Audit {
  return {
    name: 'partitions.range',
    claims: ['ANA-20'],
    defects: ['A-10'],
    async run({ stores }) {
      const { clickhouse } = analyticsStores(stores, variant)
      const { rows } = await clickhouse.query<{ partition: string; events: number }>(PARTITIONS, {
        parameters: { database: DATABASES[variant] },
      })
      const findings = newFindings()
      const now = monthOf(new Date())
      for (const { partition, events } of rows) {
        findings.checked += 1
        const month = Number(partition.slice(0, 4)) * 12 + Number(partition.slice(4)) - 1
        if (month < now - MONTHS_BACK || month > now)
          addViolation(findings, `partition ${partition} holds ${events} events`)
      }
      return outcomeOf(findings)
    },
  }
}
