import { existsSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { comparisonSchema } from '../../core/comparison.ts'
import type { Comparison } from '../../core/comparison.ts'
import { ArchError } from '../../core/errors.ts'
import { parseSaved, resultSchema } from '../../core/result-schema.ts'
import type { Result } from '../../core/result.ts'

/** A saved run: one result, or the comparison of two. */
export type SavedRun =
  | { readonly kind: 'result'; readonly folder: string; readonly result: Result }
  | { readonly kind: 'comparison'; readonly folder: string; readonly comparison: Comparison }

/** The text of a file, or undefined where there is no such file. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (failure) {
    const code = failure instanceof Error && 'code' in failure ? failure.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined
    throw new ArchError(`cannot read ${path}: ${String(code)}`, 'check who may read it', 3, failure)
  }
}

/** The folder itself; `latest` may be a file that names it, where the system has no symbolic links. */
async function folderOf(path: string): Promise<string> {
  const entry = await stat(path).catch(() => undefined)
  if (entry === undefined || !entry.isFile()) return path
  const target = path.endsWith('.json') ? '.' : ((await textOf(path)) ?? '').trim()
  return resolve(dirname(path), target)
}

/**
 * Reads a saved run: a folder, its result.json, or the name of a folder in `reports/` (`latest` too).
 * @throws ArchError (exit code 3) when there is none, or when it is damaged
 */
export async function readSavedRun(run: string, cwd: string): Promise<SavedRun> {
  for (const path of [resolve(cwd, run), join(cwd, 'reports', run)]) {
    const folder = await folderOf(path)
    const result = await textOf(path.endsWith('.json') ? path : join(folder, 'result.json'))
    if (result !== undefined && !path.endsWith('comparison.json'))
      return { kind: 'result', folder, result: parseSaved(resultSchema, result, join(folder, 'result.json')) }
    const comparison = await textOf(join(folder, 'comparison.json'))
    if (comparison !== undefined) {
      const where = join(folder, 'comparison.json')
      return { kind: 'comparison', folder, comparison: parseSaved(comparisonSchema, comparison, where) }
    }
    const begun = ['fixed', 'as-written'].find((name) => existsSync(join(folder, name, 'result.json')))
    if (begun !== undefined)
      throw new ArchError(
        `the comparison in ${folder} has not ended: it goes on, or arch was ended before it could`,
        `arch report ${join(run, begun)} renders the variant that began last`,
      )
  }
  throw new ArchError(
    `there is no saved run '${run}': neither that folder nor reports/${run} holds a result.json`,
    'name a folder that arch bench wrote, or `latest`',
  )
}
