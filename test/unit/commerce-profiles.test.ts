import { Command } from 'commander'
import t from 'tap'
import type { Workload } from '../../src/core/workload.ts'
import { registerBenchFlags } from '../../src/commands/shared/bench-flags.ts'
import type { BenchFlags } from '../../src/commands/shared/bench-flags.ts'
import { readBenchOptions } from '../../src/commands/shared/bench-options.ts'
import { planRun } from '../../src/session/plan.ts'
import type { RunPlan } from '../../src/session/plan.ts'
import { inWindow, surgeRefusals } from '../../src/session/surge.ts'
import { offeredTraffic } from '../../src/session/traffic.ts'
import type { OfferedOperation } from '../../src/session/traffic.ts'
import { workload as commerce } from '../../src/workloads/commerce/index.ts'
import { SCARCE_ORDERS, stockOfRank } from '../../src/workloads/commerce/model.ts'
import { workload as messaging } from '../../src/workloads/messaging/index.ts'
import { workload as social } from '../../src/workloads/social/index.ts'

interface Planned {
  readonly plan: RunPlan
  readonly operations: readonly OfferedOperation[]
}

function planned(workload: Workload, ...args: readonly string[]): Planned {
  const command = registerBenchFlags(new Command('bench').exitOverride())
  command.parse([workload.name, ...args], { from: 'user' })
  const options = readBenchOptions([workload], command.opts<BenchFlags>(), '/home/user')
  const traffic = offeredTraffic(workload, options)
  const plan = planRun(workload, traffic, options)
  return { plan, operations: inWindow(traffic, plan.measureSeconds).operations }
}

function surges({ plan }: Planned, phase: 'warmup' | 'measure'): readonly string[] {
  const streams = plan.schedule.phases.find((each) => each.phase === phase)?.streams ?? []
  return streams.filter(({ stream }) => stream === 'surge').map(({ operation }) => operation)
}

t.test('an item that sells out is asked for in the window alone: none is left to a warm-up', (t) => {
  const sellout = planned(commerce, '--profile', 'sellout')
  t.same([surges(sellout, 'warmup'), surges(sellout, 'measure')], [[], ['order.place']])
  const viral = planned(social, '--profile', 'viral')
  t.same([surges(viral, 'warmup'), surges(viral, 'measure')], [['like.add'], ['like.add']])
  t.equal(
    SCARCE_ORDERS,
    Math.floor((4 * stockOfRank(0, true)) / 3),
    'orders of three that four warehouses fill',
  )
  t.end()
})

t.test(
  'the refusals that a sell-out expects are those of its window: neither of an item that was sold out before nor of one that never is',
  (t) => {
    const { plan, operations } = planned(commerce, '--profile', 'sellout')
    const sellOut = operations.find(({ operation }) => operation.name === 'order.place')?.sellOut
    if (sellOut === undefined) throw new Error('nothing sells out')
    t.same(
      operations.map(({ operation }) => operation.refusalShare).find((share) => (share?.[0] ?? 0) > 0),
      surgeRefusals(sellOut, plan.measureSeconds),
      'of the window that is planned',
    )
    const { surgePerSecond } = sellOut
    for (const mixPerSecond of [58, 14.5, 0.06]) {
      for (const seconds of [30, 60, 180]) {
        const [lowest, highest] = surgeRefusals({ ...sellOut, mixPerSecond }, seconds)
        const all = (surgePerSecond + mixPerSecond) * seconds
        const share = (surgePerSecond * seconds - SCARCE_ORDERS) / all
        t.ok(lowest < share && share < highest, `${lowest} to ${highest} of ${all}`)
        t.ok(lowest > 0.1, 'one that never ran out')
        t.ok(highest + 0.02 < surgePerSecond / (surgePerSecond + mixPerSecond), 'one that was never sold')
      }
    }
    t.end()
  },
)

t.test(
  'a rate given by hand is what flows are expected by: one that ends too seldom is refused before the run',
  (t) => {
    t.throws(() => planned(messaging, '--rate', '5/s', '--duration', '60s'), /message\.delivered/)
    const enough = planned(messaging, '--scale', '0.000001', '--rate', '200/s', '--duration', '60s')
    t.equal(enough.plan.measureSeconds, 60)
    t.end()
  },
)
