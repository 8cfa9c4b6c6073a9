import { usageError } from '../../core/errors.ts'
import { nearest } from '../../core/suggest.ts'
import type { Workload } from '../../core/workload.ts'
import { loadWorkload, workloadNames } from '../../session/workloads.ts'

/**
 * The workloads of the cases that were named, each once; `all` is every one.
 * @throws ArchError (exit code 2) for a case that is unknown
 */
export async function selectCases(cases: readonly string[]): Promise<readonly Workload[]> {
  const names = await workloadNames()
  for (const name of cases) {
    if (name === 'all' || names.includes(name)) continue
    const near = nearest(name, [...names, 'all'])
    const hint = near === undefined ? `the cases are: ${names.join(', ')}` : `did you mean '${near}'?`
    throw usageError(`case '${name}' is unknown`, hint)
  }
  const chosen = cases.includes('all') ? names : [...new Set(cases)]
  return Promise.all(chosen.map(loadWorkload))
}
