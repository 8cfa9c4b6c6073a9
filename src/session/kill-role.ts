import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ArchError } from '../core/errors.ts'
import type { DoomedRole, ExperimentHost } from '../core/experiment.ts'
import type { WorkloadName } from '../core/names.ts'
import type { StoreEndpoint } from '../core/store.ts'
import { startRole } from './role.ts'

/** A member of a group that died a moment ago is waited for before another one is given its partitions. */
const WITHIN_MS = 60_000

async function dies(
  workload: WorkloadName,
  endpoints: readonly StoreEndpoint[],
  { at, ...doomed }: DoomedRole,
  folder: string,
): Promise<void> {
  const dead = Promise.withResolvers<void>()
  const assignment = { workload, ...doomed, endpoints, journalFolder: join(folder, 'journal'), killAt: [at] }
  const handle = await startRole(assignment, join(folder, `${doomed.role}.log`), {
    ends: () => undefined,
    failed: () => dead.resolve(),
  })
  const timer = setTimeout(() => {
    handle.kill()
    dead.reject(
      new ArchError(
        `the role ${doomed.role} has not come to '${at}' within ${WITHIN_MS / 1_000} s`,
        'Run it again on a machine that has less to do.',
      ),
    )
  }, WITHIN_MS)
  await dead.promise.finally(() => clearTimeout(timer))
}

/** Kills roles of a case for an experiment. */
export function roleKiller(
  workload: WorkloadName,
  endpoints: readonly StoreEndpoint[],
): ExperimentHost['killRole'] {
  return async (doomed) => {
    const folder = await mkdtemp(join(tmpdir(), 'arch-role-'))
    try {
      await dies(workload, endpoints, doomed, folder)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}
