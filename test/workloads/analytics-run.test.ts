// Whole runs of the suites of events, small and short: the real stores, roles and load workers, without the targets, whose
// samples a window of seconds could not decide.
import t from 'tap'
import type { Result } from '../../src/core/result.ts'
import { inSuite } from '../../src/session/suites.ts'
import { workload as analytics } from '../../src/workloads/analytics/index.ts'
import { ANALYTICS_STORES } from '../helpers/analytics.ts'
import { runFixed } from '../helpers/fixed-run.ts'
import { startTestStores } from '../helpers/stores.ts'

t.setTimeout(600_000)
const { home } = await startTestStores(ANALYTICS_STORES)

async function run(suite: string): Promise<Result> {
  const whole = inSuite(analytics, suite)
  const workload = {
    ...whole,
    operations: whole.operations.map((operation) => ({ ...operation, targets: [] })),
    flows: whole.flows.map((flow) => ({ ...flow, targets: [] })),
  }
  const options = { scale: 1 / 20, population: 1_000, durationSeconds: 4, warmupSeconds: 1 }
  return runFixed({ home, workload, options })
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
