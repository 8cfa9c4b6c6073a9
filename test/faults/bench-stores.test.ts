import t from 'tap'
import { benchWith, homeWithStores, killStore, reasonsOf, roleProcesses } from '../helpers/small-bench.ts'
import type { SmallRun } from '../helpers/small-bench.ts'

async function runThatLoses(store: string): Promise<SmallRun> {
  const home = await homeWithStores()
  return benchWith('measure', () => killStore(home, store), { home })
}

// Side by side: most of such a run is waiting for relays that cannot end.
const runs = { postgres: runThatLoses('postgres'), redis: runThatLoses('redis') }

for (const [store, run] of Object.entries(runs)) {
  t.test(`${store} dies under load: the run ends with a verdict and all that was seen`, async (t) => {
    const { result } = await run
    t.same([result.verdict, result.exitCode, result.partial], ['VOID', 7, false], reasonsOf(result))
    t.match(reasonsOf(result), new RegExp(`audits: could not run \\(${store}: `))
    t.match(reasonsOf(result), 'the relays and flows did not drain after the last arrival')
    t.ok(result.phases.drainSeconds < 45)
    const failed = result.operations.map((operation) => operation.failed)
    t.ok(failed.some(({ unavailable }) => unavailable > 0))
    t.same(
      result.operations.flatMap(({ errors }) => errors),
      [],
      'no failure is a surprise',
    )
  })
}

t.test('no role outlives its run', async (t) => {
  t.same(await roleProcesses(), [])
})
