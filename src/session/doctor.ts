import type { Environment } from '../machine/account.ts'
import { openHome } from '../machine/home.ts'
import type { Check } from './doctor-check.ts'
import { machineChecks } from './doctor-machine.ts'
import { schemaChecks } from './doctor-schemas.ts'
import { storeChecks } from './doctor-stores.ts'
import { loadStore, storeNames } from './stores.ts'

/** What to look at, and whether to mend what can be mended. */
export interface DoctorOptions {
  readonly home?: string
  readonly env: Environment
  readonly fix: boolean
}

/**
 * Looks at this machine and at the stores of this home; starts and downloads nothing. With `fix` it clears the state
 * of processes that have died and what interrupted starts left behind.
 */
export async function examine(options: DoctorOptions): Promise<readonly Check[]> {
  const home = await openHome(options.home, options.env)
  const modules = await Promise.all((await storeNames()).map(loadStore))
  const machine = await machineChecks(home)
  const stores = await Promise.all(modules.map((module) => storeChecks(home, module, options)))
  return [...machine, ...stores.flat(), ...(await schemaChecks(options))]
}
