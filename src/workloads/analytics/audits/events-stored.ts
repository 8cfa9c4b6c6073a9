import type { Audit } from '../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../patterns/audits/findings.ts'
import { POPULATION_BATCHES } from '../events/event.ts'
import { analyticsStores } from '../stores.ts'
import { seedsOf } from '../world.ts'
import { sentBatches, tracesOf } from './sent-batches.ts'

const STORED = `SELECT
    toString(batch_id) AS batch,
    toUInt32(count()) AS events,
    toUInt32(uniqExact(event_id)) AS different,
    toFloat64(sum(reinterpretAsUInt32(reverse(substring(UUIDToNum(event_id), 1, 4))))) AS checksum
FROM events WHERE batch_id >= {first:UInt64} GROUP BY batch_id`

interface Stored {
  readonly batch: string
  readonly events: number
  readonly different: number
  readonly checksum: number
}

/**
 * Every batch that was acknowledged is in the table once, event by event, its broken ones apart; of those without an
 * answer either all or nothing; and nothing that nobody sent.
 */
export const eventsStored: Audit = {
  name: 'events.stored',
  claims: ['ANA-07', 'ANA-12'],
  defects: ['A-01', 'A-02', 'A-03'],
  async run({ stores, journal, seed }) {
    const { clickhouse } = analyticsStores(stores, 'fixed')
    const sent = await sentBatches(journal)
    const seeds = seedsOf(seed)
    const { rows } = await clickhouse.query<Stored>(STORED, {
      parameters: { first: POPULATION_BATCHES },
      settings: { max_execution_time: 300 },
    })
    const stored = new Map(rows.map((row) => [Number(row.batch), row]))
    const findings = newFindings()
    let repeated = 0
    let lost = 0
    for (const [batch, outcome] of sent) {
      const found = stored.get(batch)
      stored.delete(batch)
      if (found === undefined && outcome === 'unknown') continue
      const expected = tracesOf(seeds, batch)
      findings.checked += expected.events
      const events = found?.events ?? 0
      if (events === expected.events && found?.different === events && found.checksum === expected.checksum)
        continue
      lost += Math.max(0, expected.events - (found?.different ?? 0))
      repeated += events - (found?.different ?? 0)
      addViolation(
        findings,
        `batch ${batch} (${outcome}): ${expected.events} events were sent, ${events} are stored, ${found?.different ?? 0} different`,
      )
    }
    for (const [batch, { events }] of stored)
      addViolation(findings, `batch ${batch}: ${events} events are stored that nobody sent`)
    return outcomeOf(findings, `${lost} lost, ${repeated} stored more than once`)
  },
}
