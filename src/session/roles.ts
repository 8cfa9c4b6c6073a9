import { join } from 'node:path'
import type { RoleName } from '../core/names.ts'
import type { RoleResult } from '../core/result.ts'
import type { FlowTracker } from '../engine/flows.ts'
import type { MeasureRequest } from './measure-request.ts'
import { startRole } from './role.ts'
import type { RoleHandle } from './role.ts'
import { variantOf } from './workloads.ts'

function start(
  request: MeasureRequest,
  role: RoleName,
  killAt: readonly string[],
  tracker: FlowTracker,
  failures: string[],
): Promise<RoleHandle> {
  return startRole(
    {
      workload: request.workload.name,
      variant: request.variant,
      role,
      population: request.population,
      choice: request.choice,
      endpoints: request.endpoints,
      journalFolder: join(request.folder, 'journal'),
      killAt,
    },
    join(request.folder, `${role}.log`),
    {
      ends: (ends) => tracker.ended(ends),
      failed: (message) => failures.push(message),
    },
  )
}

/**
 * Starts every role of a variant and waits until each is ready; `failures` hears of those that fail later on.
 * @throws ArchError when one does not start, OperationFailure when a store is the reason; the others are ended
 */
export async function startRoles(
  request: MeasureRequest,
  tracker: FlowTracker,
  failures: string[],
): Promise<RoleHandle[]> {
  const names = Object.keys(variantOf(request.workload, request.variant).roles)
  const begun = await Promise.allSettled(
    names.map((role) => start(request, role, request.killAt[role] ?? [], tracker, failures)),
  )
  const started = begun.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  const failed = begun.find((each) => each.status === 'rejected')
  if (failed === undefined) return started
  await Promise.all(started.map((role) => role.stop()))
  throw failed.reason
}

/**
 * Replaces, in `roles`, those that died, as a supervisor would: whether their death lost anything is then for the audits
 * to say. One that cannot be started again is told to `failures`, and stays dead.
 */
export async function reviveRoles(
  request: MeasureRequest,
  roles: RoleHandle[],
  tracker: FlowTracker,
  failures: string[],
): Promise<void> {
  for (const [index, role] of roles.entries()) {
    if (role.alive()) continue
    try {
      roles[index] = await start(request, role.name, [], tracker, failures)
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error))
    }
  }
}

/** Ends roles in order; answers their CPU seconds, and their share of one core over `seconds`. */
export async function stopRoles(roles: readonly RoleHandle[], seconds: number): Promise<RoleResult[]> {
  const stopped = await Promise.all(roles.map((role) => role.stop()))
  return roles.map((role, index) => {
    const cpuSeconds = stopped[index]
    return {
      name: role.name,
      cpuSeconds: cpuSeconds ?? 0,
      cpuShare: (cpuSeconds ?? 0) / seconds,
      exitCode: cpuSeconds === undefined ? null : 0,
    }
  })
}
