import type { Audit } from '../../../../core/audit.ts'
import { addViolation, newFindings, outcomeOf } from '../../../../patterns/audits/findings.ts'
import { BATCH } from '../../events/event.ts'
import { analyticsStores } from '../../stores.ts'
import { seedsOf } from '../../world.ts'
import { sentBatches, tracesOf } from '../sent-batches.ts'
import { numberedEvents } from './numbered-events.ts'

const REPEATED =
  'SELECT toString(event_id) AS id, toUInt32(count()) AS times FROM events GROUP BY event_id HAVING count() > 1 LIMIT 10'

/**
 * Every event of a batch that was acknowledged is in the text's table, and once; nothing is that nobody sent, or that was
 * broken. Each event is looked for by its id, so that a foreign one makes up for none that is lost.
 */
export const asWrittenEventsStored: Audit = {
  name: 'events.stored',
  claims: ['ANA-07', 'ANA-12'],
  defects: ['A-01', 'A-02', 'A-03'],
  async run({ stores, journal, seed, population }) {
    const { clickhouse } = analyticsStores(stores, 'as-written')
    const seeds = seedsOf(seed)
    const seeded = Math.ceil(population.size / BATCH) * BATCH
    const { batches, population: old, strange } = await numberedEvents(clickhouse, seeds, seeded)
    const sent = await sentBatches(journal)
    const findings = newFindings()
    const missing = seeded - old.different
    let lost = 0
    let repeated = old.stored - old.different
    let foreign = strange
    let broken = 0
    for (const [batch, outcome] of sent) {
      const found = batches.get(batch)
      const traces = tracesOf(seeds, batch)
      const stored = found?.positions ?? []
      const bent = traces.broken.filter((position) => stored.includes(position)).length
      broken += bent
      if (outcome === 'unknown') continue
      findings.checked += traces.events
      lost += traces.events - (stored.length - bent)
    }
    for (const [batch, { stored, positions }] of batches) {
      repeated += stored - positions.length
      if (!sent.has(batch)) foreign += positions.length
    }
    if (missing > 0) addViolation(findings, `${missing} events of the population are not stored`)
    if (lost > 0) addViolation(findings, `${lost} events that were acknowledged are not stored`)
    if (foreign > 0) addViolation(findings, `${foreign} events are stored that nobody sent`)
    if (broken > 0) addViolation(findings, `${broken} events are stored that were broken when they were sent`)
    if (repeated > 0) {
      const bounds = { settings: { max_execution_time: 300 } }
      const { rows } = await clickhouse.query<{ id: string; times: number }>(REPEATED, bounds)
      for (const { id, times } of rows) addViolation(findings, `event ${id} is stored ${times} times`)
    }
    findings.violations = missing + lost + foreign + broken + repeated
    return outcomeOf(findings, `${missing + lost} lost, ${repeated} stored more than once`)
  },
}
