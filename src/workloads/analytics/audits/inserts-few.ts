import type { VariantName } from '../../../core/names.ts'
import type { Audit } from '../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import { analyticsStores, DATABASES } from '../stores.ts'

/** ClickHouse asks for about an insert a second and table; each partition is cut once a second at most. */
const MOST_PER_SECOND = 10
/** Of blocks that the seeding made, and of a short run. */
const GRACE = 100

// Blocks are numbered in their partition, and merged parts keep the numbers of what they were made of.
const BLOCKS =
  "SELECT toUInt32(sum(blocks)) AS blocks FROM (SELECT max(max_block_number) AS blocks FROM system.parts WHERE database = {database:String} AND table = 'events' AND active GROUP BY partition)"

/** Inserts are few, since each is a part that has to be merged (A-02, ANA-07). */
export function insertsFew(variant: VariantName): Audit {
  return {
    name: 'inserts.few',
    claims: ['ANA-07', 'ANA-27'],
    defects: ['A-02'],
    async run({ stores, journal }) {
      const { clickhouse } = analyticsStores(stores, variant)
      let first = Number.POSITIVE_INFINITY
      let last = Number.NEGATIVE_INFINITY
      for await (const { startedMicros } of journal.entries('events.send')) {
        first = Math.min(first, startedMicros)
        last = Math.max(last, startedMicros)
      }
      const findings = newFindings()
      const seconds = (last - first) / 1e6
      if (!(seconds > 0)) return outcomeOf(findings)
      const { rows } = await clickhouse.query<{ blocks: number }>(BLOCKS, {
        parameters: { database: DATABASES[variant] },
      })
      const blocks = rows[0]?.blocks ?? 0
      findings.checked = blocks
      if (blocks > GRACE + seconds * MOST_PER_SECOND)
        addViolation(
          findings,
          `${blocks} inserts in ${seconds.toFixed(0)} s: ${(blocks / seconds).toFixed(1)} a second`,
        )
      return outcomeOf(findings, `${(blocks / seconds).toFixed(1)} inserts a second`)
    },
  }
}
