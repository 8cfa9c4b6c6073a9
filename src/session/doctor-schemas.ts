import type { Environment } from '../machine/account.ts'
import { ArchError, OperationFailure } from '../core/errors.ts'
import type { Workload } from '../core/workload.ts'
import { furtherStores } from './chosen-stores.ts'
import type { Check } from './doctor-check.ts'
import { liveEndpoints } from './status.ts'
import { closeStores, connectStores } from './up.ts'
import { loadWorkload, workloadNames } from './workloads.ts'

const SHOWN = 3

async function schemaCheck(workload: Workload, options: { home?: string; env: Environment }): Promise<Check> {
  const name = `${workload.name} schema`
  const endpoints = await liveEndpoints(workload.stores, options)
  if (endpoints.length < workload.stores.length) {
    return { name, state: 'ok', found: `not looked at: start its stores with arch up ${workload.name}` }
  }
  const further = await liveEndpoints(furtherStores(workload), options)
  const stores = await connectStores([...endpoints, ...further], {
    poolSize: 2,
    applicationName: 'arch doctor',
  })
  try {
    const differences = await workload.variants.fixed.schemaDifferences(stores)
    if (differences.length === 0) return { name, state: 'ok', found: 'as declared' }
    const remedy = `arch provision ${workload.name}`
    if (differences.every(({ found }) => found === 'nothing')) {
      return { name, state: 'warning', found: 'not provisioned yet', remedy }
    }
    const lines = differences
      .slice(0, SHOWN)
      .map(({ object, expected, found }) => `${object}: ${found}, not ${expected}`)
    const more = differences.length > SHOWN ? [`and ${differences.length - SHOWN} more`] : []
    return { name, state: 'problem', found: [...lines, ...more].join('; '), remedy }
  } catch (error) {
    if (!(error instanceof ArchError) && !(error instanceof OperationFailure)) throw error
    const remedy = error instanceof ArchError ? error.hint : 'arch status'
    return { name, state: 'warning', found: error.message, remedy }
  } finally {
    await closeStores(stores)
  }
}

/** The live schema of every case whose stores answer, against the declared one. Starts nothing. */
export async function schemaChecks(options: { home?: string; env: Environment }): Promise<readonly Check[]> {
  const names = await workloadNames()
  return Promise.all(names.map(async (name) => schemaCheck(await loadWorkload(name), options)))
}
