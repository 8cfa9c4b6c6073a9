import type { Audit } from '../../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../../patterns/audits/findings.ts'
import { BATCH } from '../../events/event.ts'
import { analyticsStores } from '../../stores.ts'
import { seedsOf } from '../../world.ts'
import { sentBatches, tracesOf } from '../sent-batches.ts'

const COUNTED = 'SELECT toString(count()) AS stored, toString(uniqExact(event_id)) AS different FROM events'
const REPEATED =
  'SELECT toString(event_id) AS id, toUInt32(count()) AS times FROM events GROUP BY event_id HAVING count() > 1 LIMIT 10'

/**
 * Every event of a batch that was acknowledged is in the text's table, and once. The table says nothing of
 * where an event came from, so events are counted with the population's.
 */
export const asWrittenEventsStored: Audit = {
  name: 'events.stored',
  claims: ['ANA-07', 'ANA-12'],
  defects: ['A-01', 'A-02', 'A-03'],
  async run({ stores, journal, seed, population }) {
    const { clickhouse } = analyticsStores(stores, 'as-written')
    const seeds = seedsOf(seed)
    const findings = newFindings()
    let unknown = 0
    for (const [batch, outcome] of await sentBatches(journal)) {
      const { events } = tracesOf(seeds, batch)
      if (outcome === 'acknowledged') findings.checked += events
      else unknown += events
    }
    const bounds = { settings: { max_execution_time: 300 } }
    const { rows } = await clickhouse.query<{ stored: string; different: string }>(COUNTED, bounds)
    const seeded = Math.ceil(population.size / BATCH) * BATCH
    const different = Number(rows[0]?.different) - seeded
    const repeated = Number(rows[0]?.stored) - seeded - different
    const lost = Math.max(0, findings.checked - different)
    const foreign = Math.max(0, different - findings.checked - unknown)
    if (lost > 0) addViolation(findings, `${lost} events that were acknowledged are not stored`)
    if (foreign > 0) addViolation(findings, `${foreign} events are stored that nobody sent`)
    for (const { id, times } of (await clickhouse.query<{ id: string; times: number }>(REPEATED, bounds))
      .rows)
      addViolation(findings, `event ${id} is stored ${times} times`)
    findings.violations = lost + foreign + repeated
    return outcomeOf(findings, `${lost} lost, ${repeated} stored more than once`)
  },
}
