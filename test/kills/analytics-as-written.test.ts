import t from 'tap'
import { EVENTS, GROUP } from '../../src/workloads/analytics/as-written/events.ts'
import { openAsWritten } from '../../src/workloads/analytics/as-written/open.ts'
import { breakEvent } from '../../src/workloads/analytics/events/broken.ts'
import { BATCH } from '../../src/workloads/analytics/events/event.ts'
import { consumerKill } from '../../src/workloads/analytics/experiments/consumer-kill/index.ts'
import { workload } from '../../src/workloads/analytics/index.ts'
import { analyticsStores } from '../../src/workloads/analytics/stores.ts'
import type { AnalyticsApplication } from '../../src/workloads/analytics/application.ts'
import { ANALYTICS_STORES, batchNumber, bodyOf } from '../helpers/analytics.ts'
import { eventually, newContext, roleHost } from '../helpers/context.ts'
import { experimentHost } from '../helpers/experiment.ts'
import { journalOf } from '../helpers/social-data.ts'
import { startTestStores } from '../helpers/stores.ts'

// A group waits for a member that was killed.
t.setTimeout(600_000)

const started = await startTestStores(ANALYTICS_STORES)
const { stores } = started
const host = experimentHost(started)
const experiment = await consumerKill.open(stores, { seed: 1, size: 0 }, host)

/** What is lost and doubled when a consumer is killed. */
async function harmOf(
  row: string,
  pattern: string,
): Promise<{ readonly lost: number; readonly doubled: number }> {
  const trial = { row, pattern, round: 0, clients: 1, perClient: 1, seed: 1, signal: host.signal }
  const { lost = NaN, doubled = NaN } = await experiment.measure(trial)
  return { lost, doubled }
}

t.test('as written, a consumer killed between insert and commit counts events twice (A-03)', async (t) => {
  const { lost, doubled } = await harmOf('insert, then commit', 'after the insert')
  t.equal(lost, 0)
  t.ok(doubled > 0, `${doubled} are stored twice`)
})

t.test(
  'as written, a consumer that commits first and is killed before the insert loses events (A-03)',
  async (t) => {
    const { lost, doubled } = await harmOf('commit, then insert', 'before the insert')
    t.ok(lost > 0, `${lost} are lost`)
    t.equal(doubled, 0)
  },
)

t.test('fixed, the same kill loses nothing and doubles nothing (A-01, A-03)', async (t) => {
  t.same(await harmOf('fixed', 'after the insert'), { lost: 0, doubled: 0 })
})

t.test('as written, an insert an event is a part an event (A-02)', async (t) => {
  const variant = workload.variants['as-written']
  const own = analyticsStores(stores, 'as-written')
  const population = { seed: 1, size: 0 }
  const choice = { insert: 'event', commit: 'after' }
  await variant.seed(stores, population, choice, () => undefined)
  const application = openAsWritten(own).application as AnalyticsApplication
  const batches = 4
  for (let index = 0; index < batches; index += 1) {
    const sent = { batch: `${batchNumber(index)}`, sessionId: '', body: bodyOf(index) }
    await application.collect(sent, newContext())
  }
  const begin = variant.roles['ingest']
  if (begin === undefined) throw new Error('no role ingest')
  const role = await begin(stores, population, choice, roleHost())
  await eventually(async () => (await own.kafka.lag(GROUP, [EVENTS])) === 0n && (await role.drained()))
  await role.close()
  const journal = journalOf(
    Array.from({ length: batches }, (_, index) => ({
      operation: 'events.send',
      keys: { batch: `${batchNumber(index)}` },
    })),
  )
  const few = variant.audits.find(({ name }) => name === 'inserts.few')
  const found = await few?.run({ stores, population, choice, journal, seed: 1, profile: 'steady' })
  t.match(found, { state: 'violated', violations: 1 })
  // Merged parts keep the numbers of the blocks that they were made of.
  t.ok((found?.checked ?? 0) >= batches * 100 - 5, `${found?.checked} parts of ${batches * 100} events`)
})

t.test(
  'as written, an event that the table refuses keeps those behind it out, however often it is tried (A-14)',
  async (t) => {
    const variant = workload.variants['as-written']
    const own = analyticsStores(stores, 'as-written')
    const population = { seed: 1, size: 0 }
    const choice = { insert: 'fetch', commit: 'after' }
    await variant.seed(stores, population, choice, () => undefined)
    const application = openAsWritten(own).application as AnalyticsApplication
    const line = bodyOf(0).toString().split('\n')[0] ?? ''
    const poison = breakEvent(`${line}\n`, 'an id too short')
    const sent = { batch: `${batchNumber(0)}`, sessionId: '', body: Buffer.concat([poison, bodyOf(0)]) }
    await application.collect(sent, newContext())
    const begin = variant.roles['ingest']
    if (begin === undefined) throw new Error('no role ingest')
    let attempts = 0
    const role = await begin(
      stores,
      population,
      choice,
      roleHost({
        faultPoint: () => {
          attempts += 1
        },
      }),
    )
    const storedNow = async (): Promise<number> => {
      const { rows } = await own.clickhouse.query<{ stored: number }>(
        'SELECT toUInt32(count()) AS stored FROM events',
      )
      return rows[0]?.stored ?? NaN
    }
    // What is stored is committed too, and what is refused has come again and again.
    await eventually(async () => {
      const behind = Number(await own.kafka.lag(GROUP, [EVENTS]))
      return attempts >= 10 && (await storedNow()) === BATCH + 1 - behind
    })
    await role.close()
    const waiting = BATCH - (await storedNow())
    t.ok(waiting > 0, `${waiting} events that are whole wait behind one`)
  },
)
