// A whole run of the messaging case, small and short: the real stores, gateways, devices and load workers, without the
// targets, whose samples a window of seconds could not decide.
import t from 'tap'
import type { Workload } from '../../src/core/workload.ts'
import { fixedAudits } from '../../src/workloads/messaging/audits/index.ts'
import { workload as messaging } from '../../src/workloads/messaging/index.ts'
import { runVariant } from '../helpers/variant-run.ts'
import { startTestStores } from '../helpers/stores.ts'

t.setTimeout(600_000)
const { home } = await startTestStores(messaging.stores)

const untargeted: Workload = {
  ...messaging,
  operations: messaging.operations.map((operation) => ({ ...operation, targets: [] })),
  flows: messaging.flows.map((flow) => ({ ...flow, targets: [] })),
}

/** What a window of seconds would see none of at its share of the mix. */
const SELDOM = [
  'device.leave',
  'device.return',
  'conversation.start',
  'group.create',
  'member.add',
  'member.remove',
  'device.register',
  'account.delete',
]

t.test(
  'with one gateway’s clock behind, people do everything, every message reaches every device once, and every audit holds (M-10)',
  async (t) => {
    const result = await runVariant({
      home,
      workload: untargeted,
      options: {
        scale: 1 / 400_000,
        population: 40,
        rates: SELDOM.map((operation) => ({ operation, perSecond: 0.5 })),
        strategies: { clocks: 'skewed' },
        durationSeconds: 2,
        warmupSeconds: 6,
        // No device of it is lost while somebody uses it, which would be a failure of theirs.
        seed: 4,
      },
    })
    t.equal(result.strategies['clocks'], 'skewed')
    t.same(
      result.operations.map(({ name, count, ok }) => ({ name, occurred: count > 0, failed: count - ok })),
      messaging.operations.map(({ name }) => ({ name, occurred: true, failed: 0 })),
    )
    t.ok(result.operations.every(({ checks }) => checks.every(({ violations }) => violations === 0)))
    t.match(result.flows, [{ name: 'message.delivered', missing: 0, doubled: 0 }])
    t.ok(result.flows.every(({ completed }) => completed > 0))
    t.same(
      result.audits.map(({ name, state, examples }) => ({ name, state, examples })),
      fixedAudits.map(({ name }) => ({ name, state: 'held', examples: [] })),
    )
    t.same(
      result.roles.map(({ name, exitCode }) => ({ name, exitCode })),
      ['load 0 with the application', 'gateway-1', 'gateway-2', 'persister', 'devices'].map((name) => ({
        name,
        exitCode: 0,
      })),
    )
  },
)
