import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { usageError } from '../../core/errors.ts'
import type { Result } from '../../core/result.ts'
import { VARIANTS } from './case-flags.ts'
import { oneOf } from './one-of.ts'
import { readSavedRun } from './saved-run.ts'

/** The saved run whose data the stores hold and whose journal is the witness. */
export interface AuditedRun {
  readonly folder: string
  readonly result: Result
}

/** What is asked of `auditedRun`; undefined where no flag says it. */
export interface AuditedRunRequest {
  readonly workload: string
  readonly run: string | undefined
  readonly variant: string | undefined
  readonly cwd: string
}

/** Folders of runs of a case in `reports/`, newest first: their names hold the time, and -2 of one second is before -10. */
function newestFirst(workload: string, cwd: string): string[] {
  const reports = join(cwd, 'reports')
  if (!existsSync(reports)) return []
  const order = new Intl.Collator('en', { numeric: true })
  return readdirSync(reports)
    .filter((name) => name.startsWith(`${workload}-`))
    .toSorted((a, b) => order.compare(b, a))
    .map((name) => join(reports, name))
}

async function readResult(folder: string, cwd: string, variant: string): Promise<AuditedRun> {
  const saved = await readSavedRun(folder, cwd)
  // A comparison keeps its two runs in folders of their own.
  return saved.kind === 'result' ? saved : readResult(join(saved.folder, variant), cwd, variant)
}

/**
 * The run that `--run` names, or the newest saved one of the case (and variant, where a flag says which); undefined
 * where none is saved.
 * @throws ArchError (exit code 3) when the run is damaged, (usage) when it is of another case or variant
 */
export async function auditedRun(request: AuditedRunRequest): Promise<AuditedRun | undefined> {
  const { workload, run, cwd } = request
  const asked = request.variant === undefined ? undefined : oneOf('--variant', request.variant, VARIANTS)
  const variant = asked ?? 'fixed'
  if (run !== undefined) {
    const found = await readResult(run, cwd, variant)
    const { result } = found
    // Its journal is the witness of what its own data went through, and of no other.
    if (result.workload !== workload || (asked !== undefined && result.variant !== asked))
      throw usageError(
        `--run ${run} is a run of ${result.workload}, ${result.variant}`,
        'name a run of the case and variant that is audited, or leave out --run for the newest',
      )
    return found
  }
  for (const folder of newestFirst(workload, cwd)) {
    const own = [folder, join(folder, variant)].find((path) => existsSync(join(path, 'result.json')))
    if (own === undefined) continue
    const found = await readResult(own, cwd, variant)
    if (asked === undefined || found.result.variant === asked) return found
  }
  return undefined
}
