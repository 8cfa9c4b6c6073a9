import t from 'tap'
import { runLoad } from '../../../src/engine/dispatch.ts'
import { operationOf, optionsOf, planOf } from './drivers.ts'
import { fakeClock } from './fake-clock.ts'

t.test('a closed loop ends its warm-up when that is over, however much of it is left', async (t) => {
  const clock = fakeClock()
  const slow = operationOf('slow', () => clock.until(clock.nowMicros() + 10_000))
  const plan = planOf({ slow: 1000 }, 2, 'uniform', 1)
  const report = await clock.drive(runLoad({ ...optionsOf(clock, [slow], plan), closedConcurrency: 1 }))
  const ok = (phase: string): number =>
    report.operations.find((operation) => operation.phase === phase)?.outcomes.ok ?? 0
  t.equal(ok('warmup'), 100)
  t.equal(ok('measure'), 200)
})
