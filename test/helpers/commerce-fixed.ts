// The fixed commerce case in a test: on real stores that end with its file.
import t from 'tap'
import type { StoreName } from '../../src/core/names.ts'
import type { Stores } from '../../src/core/store.ts'
import type { Population } from '../../src/core/population.ts'
import { closeStores, connectStores } from '../../src/session/up.ts'
import { absentEndpoints, makeCommerceCase } from './commerce-case.ts'
import type { CommerceCase } from './commerce-case.ts'
import { startTestStores } from './stores.ts'

export { line, refusal } from './commerce-case.ts'
export type { TestCustomer, TestProduct } from './commerce-case.ts'

async function absent(names: readonly StoreName[]): Promise<Stores> {
  const stores = await connectStores(absentEndpoints(names), { poolSize: 1, applicationName: 'arch test' })
  t.teardown(() => closeStores(stores))
  return stores
}

/**
 * The case over stores of this test process: see `makeCommerceCase`. Elasticsearch and Kafka are started where they are
 * asked for; else they are down.
 */
export async function openCommerceCase(
  further: readonly ('elasticsearch' | 'kafka')[] = [],
  population?: Population,
): Promise<CommerceCase> {
  const started = await startTestStores(['postgres', 'redis', ...further])
  const missing = ['elasticsearch', 'kafka'].filter((name) => started.stores[name] === undefined)
  const stores = { ...started.stores, ...(await absent(missing)) }
  return makeCommerceCase({ home: started.home, stores, endpoints: started.endpoints }, further, population)
}
