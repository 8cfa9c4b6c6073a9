import t from 'tap'
import { resultSchema } from '../../src/core/result-schema.ts'
import { benchWith, homeWithStores, reasonsOf, roleProcesses, smallBench } from '../helpers/small-bench.ts'

const home = await homeWithStores()

t.test('an interruption while the stores come up ends before anything is seeded', async (t) => {
  const control = new AbortController()
  const running = smallBench({ home, signal: control.signal })
  control.abort()
  const { result } = await running
  t.same([result.verdict, result.exitCode, result.partial], ['INTERRUPTED', 130, true])
  t.ok(result.steps.every(({ name }) => name === 'up'))
})

t.test('a seeding that is interrupted leaves what the next run completes', async (t) => {
  const control = new AbortController()
  const interrupted = await smallBench({
    home,
    signal: control.signal,
    progress(step, done, total) {
      if (step === 'seed' && total !== undefined && done > total / 2) control.abort()
    },
  })
  t.match(interrupted.result, { verdict: 'INTERRUPTED', exitCode: 130, partial: true })
  const measured = interrupted.result.operations.filter(({ timeline }) => timeline.length > 0)
  t.same(measured, [], 'nothing was measured')
  const { result } = await smallBench({ home })
  t.match(result.seedSummary, 'template completed after an interruption')
  t.equal(result.verdict, 'PASS', reasonsOf(result))
})

for (const phase of ['prewarm', 'warm up', 'measure', 'drain', 'audit']) {
  t.test(
    `an interruption in the phase '${phase}' makes a partial result and leaves no process`,
    async (t) => {
      const control = new AbortController()
      const { result } = await benchWith(phase, () => control.abort(), { home, signal: control.signal })
      t.same([result.verdict, result.exitCode, result.partial], ['INTERRUPTED', 130, true])
      t.doesNotThrow(() => resultSchema.parse(JSON.parse(JSON.stringify(result))))
      t.ok(result.audits.length <= 1)
      t.same(await roleProcesses(), [])
    },
  )
}
