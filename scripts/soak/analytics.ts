// `npm run soak:analytics [-- --count 100 --only killed]`: every fault of test/kills/analytics-ingest.test.ts as often as
// is said, on stores of their own. Prints a line a fault and a total; exit code 1 when anything was lost, doubled or
// violated.
import { closeStores, connectStores, upStores } from '../../src/session/up.ts'
import { ANALYTICS_STORES, openAnalyticsCase } from '../../test/helpers/analytics.ts'
import { removeHome, temporaryHome } from '../../test/helpers/homes.ts'
import { FAULT_BATCHES, ingestFaults, wrongAfter } from '../../test/helpers/ingest-faults.ts'
import { soakOptions } from './options.ts'

const { count, only, isStopping } = soakOptions()

const home = await temporaryHome()
const running = await upStores(ANALYTICS_STORES, { provider: 'native', topology: 'single', home })
const endpoints = running.map(({ endpoint }) => endpoint)
const stores = await connectStores(endpoints, { poolSize: 8, applicationName: 'arch soak' })
let wrongInAll = 0
let trials = 0
try {
  const analytics = await openAnalyticsCase({ home, endpoints, stores })
  for (const fault of ingestFaults.filter(({ name }) => name.includes(only))) {
    const since = performance.now()
    const wrong: string[] = []
    let done = 0
    for (; done < count && !isStopping(); done += 1) {
      await analytics.reset()
      await fault.trial(analytics, 0)
      wrong.push(...(await wrongAfter(analytics, fault, 0)))
    }
    const seconds = ((performance.now() - since) / 1_000).toFixed(0)
    console.log(
      `${fault.name}: ${done} times in ${seconds} s, ${done * FAULT_BATCHES * 100} events sent, ${wrong.length} violations`,
    )
    for (const line of wrong) console.log(`  ${line}`)
    wrongInAll += wrong.length
    trials += done
  }
} finally {
  await closeStores(stores)
  await removeHome(home)
}
console.log(`total: ${trials} faults, ${wrongInAll} violations`)
process.exitCode = wrongInAll === 0 && trials > 0 ? 0 : 1
