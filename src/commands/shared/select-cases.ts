import { usageError } from '../../core/errors.ts'
import { nearest } from '../../core/suggest.ts'
import type { Workload } from '../../core/workload.ts'
import { loadWorkload, workloadNames } from '../../session/workloads.ts'
import { plannedCases } from './planned.ts'

/**
 * The workloads of the cases that were named, each once; `all` is every one that is implemented.
 * @throws ArchError (exit code 2) for a case that is unknown, or planned and not implemented
 */
export async function selectCases(cases: readonly string[]): Promise<readonly Workload[]> {
  const names = await workloadNames()
  const planned = new Set(plannedCases(names).map((entry) => entry.name))
  for (const name of cases) {
    if (name === 'all' || names.includes(name)) continue
    if (planned.has(name))
      throw usageError(
        `case '${name}' is not implemented yet`,
        `implemented: ${names.join(', ')}; arch list shows all`,
      )
    const near = nearest(name, [...names, 'all'])
    const hint = near === undefined ? `implemented: ${names.join(', ')}` : `did you mean '${near}'?`
    throw usageError(`case '${name}' is unknown`, hint)
  }
  const chosen = cases.includes('all') ? names : [...new Set(cases)]
  return Promise.all(chosen.map(loadWorkload))
}
