import { join } from 'node:path'
import type { RoleName } from '../../../src/core/names.ts'
import type { FlowEnd } from '../../../src/core/operation.ts'
import { startRole } from '../../../src/session/role.ts'
import type { RoleHandle } from '../../../src/session/role.ts'
import type { CommerceCase } from '../commerce-case.ts'

/** Starts a role of the fixed case in a process of its own that dies at a fault point. @param ends takes what it reports */
export function startDoomed(
  { endpoints, home }: Pick<CommerceCase, 'endpoints' | 'home'>,
  role: RoleName,
  point: string,
  ends: FlowEnd[] = [],
): Promise<RoleHandle> {
  const assignment = {
    workload: 'commerce',
    variant: 'fixed',
    role,
    population: { seed: 1, size: 100 },
    choice: {},
    endpoints,
    journalFolder: join(home, 'journal'),
    killAt: [point],
  } as const
  return startRole(assignment, join(home, 'doomed.log'), {
    ends: (seen) => void ends.push(...seen),
    failed: () => undefined,
  })
}
