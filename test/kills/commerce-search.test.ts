import t from 'tap'
import { killUnderSearches, openSearchFaults } from '../helpers/faults/searching.ts'
import { startFaultStores } from '../helpers/faults/stores.ts'
import { isRight, lineOf } from '../helpers/faults/tally.ts'

// Three stores start first, and Elasticsearch twice.
t.setTimeout(300_000)
const started = await startFaultStores(['elasticsearch'])
t.teardown(() => started.close())
const commerce = await openSearchFaults(started)

t.test(
  'while Elasticsearch hangs or is dead every search is answered, degraded, and then as before (ECM-92, E-41)',
  async (t) => {
    const tally = await killUnderSearches(commerce)
    t.ok(isRight(tally), [lineOf(tally), ...tally.violated].join('\n'))
    t.equal(tally.acknowledged, tally.count)
  },
)
