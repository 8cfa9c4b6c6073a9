// Whole runs of the suites of events, small and short: the real stores, roles and load workers, without the targets, whose
// samples a window of seconds could not decide.
import t from 'tap'
import type { VariantName } from '../../src/core/names.ts'
import type { Result } from '../../src/core/result.ts'
import { inSuite } from '../../src/session/suites.ts'
import { asWrittenDefects } from '../../src/workloads/analytics/as-written/defects.ts'
import { workload as analytics } from '../../src/workloads/analytics/index.ts'
import { ANALYTICS_STORES } from '../helpers/analytics.ts'
import { runVariant } from '../helpers/variant-run.ts'
import type { VariantRun } from '../helpers/variant-run.ts'
import { startTestStores } from '../helpers/stores.ts'

t.setTimeout(600_000)
const { home } = await startTestStores(ANALYTICS_STORES)

async function run(
  suite: string,
  changes: Partial<VariantRun['options']> = {},
  variant: VariantName = 'fixed',
): Promise<Result> {
  const whole = inSuite(analytics, suite)
  const workload = {
    ...whole,
    operations: whole.operations.map((operation) => ({ ...operation, targets: [] })),
    flows: whole.flows.map((flow) => ({ ...flow, targets: [] })),
  }
  const options = { scale: 1 / 20, population: 1_000, durationSeconds: 4, warmupSeconds: 1, ...changes }
  return runVariant({ home, workload, variant, options })
}

for (const [suite, operations, flows, groups] of [
  ['ingest', ['events.send'], ['events.visible'], ['ingest']],
  [
    'realtime',
    ['events.send', 'dashboard.traffic', 'dashboard.places', 'dashboard.pages'],
    ['events.visible', 'dashboard.fresh'],
    ['ingest', 'realtime'],
  ],
] as const)
  t.test(`suite ${suite} runs its own operations, ends its own flows, and every audit holds`, async (t) => {
    const result = await run(suite)
    t.equal(result.suite, suite)
    const { drain } = result.phases
    t.same(drain?.belowSeconds, suite === 'ingest' ? 5 : undefined, 'ingestion has a bound of its drain')
    t.equal(
      result.reasons.some(({ reason }) => reason.startsWith('drain < 5 s (own target)')),
      drain?.met === false,
    )
    t.same(
      result.operations.map(({ name }) => name),
      operations,
    )
    t.same(
      result.flows.map(({ name }) => name),
      flows,
    )
    t.same(
      result.consumerLag.map(({ group }) => group),
      groups,
      'and says how far each consumer group was behind',
    )
    t.ok(result.consumerLag.every(({ samples, max, atEnd }) => samples > 1 && max >= (atEnd ?? Infinity)))
    t.ok(result.flows.every(({ completed, missing, doubled }) => completed > 0 && missing + doubled === 0))
    t.same(
      result.audits.filter(({ state }) => state !== 'held').map(({ name, state }) => `${name} ${state}`),
      [],
    )
  })

/** Of its first forty batches one comes from a device whose clock stands in 2106, and one is sent again; none is broken. */
const TELLING = 999
/** How many inserts seconds bring is the machine's: test/kills/analytics-as-written.test.ts has an insert an event. */
const ELSEWHERE = 'A-02'

t.test(
  'as written, a short run shows every other defect that is listed, by each audit it names',
  async (t) => {
    const options = { scale: 1 / 6, durationSeconds: 3, warmupSeconds: 0, seed: TELLING }
    const result = await run('ingest', options, 'as-written')
    const found = new Map(result.audits.map((audit) => [audit.name, audit]))
    for (const { defect, shownBy } of asWrittenDefects)
      for (const name of defect === ELSEWHERE ? [] : shownBy)
        t.match(found.get(name), { state: 'violated', examples: [/./] }, `${defect}: ${name}`)
    t.match(found.get('events.stored')?.note, /^0 lost, [1-9]\d*00 stored more than once$/)
  },
)
