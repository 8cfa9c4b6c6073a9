import t from 'tap'
import type { StrategyChoice } from '../../src/core/strategy.ts'
import { EVENTS, GROUP } from '../../src/workloads/analytics/as-written/events.ts'
import { openAsWritten } from '../../src/workloads/analytics/as-written/open.ts'
import { workload } from '../../src/workloads/analytics/index.ts'
import { analyticsStores } from '../../src/workloads/analytics/stores.ts'
import type { AnalyticsApplication } from '../../src/workloads/analytics/application.ts'
import { ANALYTICS_STORES, batchNumber, bodyOf, ingestKilledAt } from '../helpers/analytics.ts'
import { eventually, newContext } from '../helpers/context.ts'
import { startTestStores } from '../helpers/stores.ts'

// A group waits for a member that was killed, and its stores start again.
t.setTimeout(300_000)

const started = await startTestStores(ANALYTICS_STORES)
const { stores } = started
const own = analyticsStores(stores, 'as-written')
const variant = workload.variants['as-written']
const application = openAsWritten(own).application as AnalyticsApplication
const BATCHES = 4
const SENT = BATCHES * 100

/** Sends four batches, kills the consumer at a point if one is named, lets another go on; answers how often events are stored. */
async function storedAfter(
  killAt: string | undefined,
  choice: StrategyChoice,
): Promise<{ readonly stored: number; readonly different: number }> {
  await variant.seed(stores, { seed: 1, size: 0 }, choice, () => undefined)
  for (let index = 0; index < BATCHES; index += 1) {
    const sent = { batch: `${batchNumber(index)}`, sessionId: '', body: bodyOf(index) }
    await application.collect(sent, newContext())
  }
  if (killAt !== undefined) await ingestKilledAt(started, killAt, 1, { variant: 'as-written', choice })
  const begin = variant.roles['ingest']
  if (begin === undefined) throw new Error('no role ingest')
  const host = {
    flowEnds: () => undefined,
    signal: new AbortController().signal,
    witness: () => undefined,
    faultPoint: () => undefined,
  }
  const next = await begin(stores, { seed: 1, size: 0 }, choice, host)
  await eventually(async () => (await own.kafka.lag(GROUP, [EVENTS])) === 0n && (await next.drained()))
  await next.close()
  const { rows } = await own.clickhouse.query<{ stored: number; different: number }>(
    'SELECT toUInt32(count()) AS stored, toUInt32(uniqExact(event_id)) AS different FROM events',
  )
  return rows[0] ?? { stored: 0, different: 0 }
}

t.test('as written, a consumer killed between insert and commit counts events twice (A-03)', async (t) => {
  const { stored, different } = await storedAfter('clickhouse.after-insert', {
    insert: 'fetch',
    commit: 'after',
  })
  t.equal(different, SENT)
  t.ok(stored > SENT, `${stored} of ${SENT}`)
})

t.test(
  'as written, a consumer that commits first and is killed before the insert loses events (A-03)',
  async (t) => {
    const { stored, different } = await storedAfter('clickhouse.before-insert', {
      insert: 'fetch',
      commit: 'before',
    })
    t.ok(different < SENT, `${different} of ${SENT}`)
    t.equal(stored, different)
  },
)

t.test('as written, an insert an event is a part an event (A-02)', async (t) => {
  await storedAfter(undefined, { insert: 'event', commit: 'after' })
  const { rows } = await own.clickhouse.query<{ blocks: number }>(
    "SELECT toUInt32(sum(blocks)) AS blocks FROM (SELECT max(max_block_number) AS blocks FROM system.parts WHERE database = currentDatabase() AND table = 'events' AND active GROUP BY partition)",
  )
  t.ok((rows[0]?.blocks ?? 0) >= SENT - 5, `${rows[0]?.blocks} parts of ${SENT} events`)
})
