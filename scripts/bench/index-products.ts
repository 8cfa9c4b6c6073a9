// `npm run bench:index [-- --products 100000 --rounds 3]`: how fast the search index of the commerce case is made from
// PostgreSQL, in documents a second, and that all of them can be found afterwards.
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { closeStores, connectStores, upStores } from '../../src/session/up.ts'
import { PRODUCTS_ALIAS } from '../../src/workloads/commerce/fixed/search/elastic.ts'
import { rebuildIndex } from '../../src/workloads/commerce/fixed/search/rebuild.ts'
import { workload } from '../../src/workloads/commerce/index.ts'
import { commerceStores } from '../../src/workloads/commerce/stores.ts'

const { values } = parseArgs({
  options: {
    products: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '3' },
  },
})
const size = Number(values.products)

const running = await upStores(workload.stores, { provider: 'auto', topology: 'single' })
const stores = await connectStores(
  running.map(({ endpoint }) => endpoint),
  { poolSize: 4, applicationName: 'arch bench', statementTimeoutMs: 0 },
)
try {
  await workload.variants.fixed.seed(stores, { seed: 42, size }, {}, () => undefined)
  const { postgres, elasticsearch } = commerceStores(stores, 'fixed')
  console.log(`${cpus().length} cores, load average before ${loadavg()[0]?.toFixed(2)}`)
  for (let round = 0; round < Number(values.rounds); round += 1) {
    const startedAt = performance.now()
    const documents = await rebuildIndex(postgres, elasticsearch, () => undefined)
    const seconds = (performance.now() - startedAt) / 1_000
    const found = await elasticsearch.count(PRODUCTS_ALIAS)
    console.log(
      `round ${round + 1}: ${documents} documents in ${seconds.toFixed(1)} s, ${(documents / seconds).toFixed(0)} documents/s; ${found} found`,
    )
  }
} finally {
  await closeStores(stores)
}
