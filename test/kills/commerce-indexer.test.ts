import t from 'tap'
import {
  closeIndexFaults,
  killElasticsearch,
  killIndexers,
  openIndexFaults,
} from '../helpers/faults/indexing.ts'
import { startFaultStores } from '../helpers/faults/stores.ts'
import { isRight, lineOf } from '../helpers/faults/tally.ts'

// Stores are started, killed and started again, beside other tests.
t.setTimeout(600_000)
const started = await startFaultStores(['kafka', 'elasticsearch'])
const faults = await openIndexFaults(started)
t.teardown(async () => {
  await closeIndexFaults(faults)
  await started.close()
})

t.test(
  'indexers killed before and after their effects leave the index equal to the tables (E-35)',
  async (t) => {
    const tally = await killIndexers(faults)
    t.ok(isRight(tally), [lineOf(tally), ...tally.violated].join('\n'))
  },
)

t.test('a kill -9 of Elasticsearch while products change loses no change (E-35, E-41)', async (t) => {
  const tally = await killElasticsearch(faults)
  t.ok(isRight(tally), [lineOf(tally), ...tally.violated].join('\n'))
  t.equal(tally.acknowledged, tally.count, 'no change waits for it')
})
