import { join } from 'node:path'
import type { WorkloadName } from '../core/names.ts'
import { openHome } from '../machine/home.ts'
import { claimRun } from '../machine/run-lock.ts'

/**
 * Claims a case of this instance for one run: two runs would spoil each other's clone and figures.
 * @throws ArchError when another run holds it
 */
export async function claimInstance(
  workload: WorkloadName,
  env: NodeJS.ProcessEnv,
): Promise<() => Promise<void>> {
  const home = await openHome(undefined, env)
  return claimRun(
    join(home.root, 'state', `run-${workload}`),
    `the case ${workload} of the instance ${home.root}`,
  )
}
