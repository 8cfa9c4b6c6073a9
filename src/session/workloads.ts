import { readdir } from 'node:fs/promises'
import { usageError } from '../core/errors.ts'
import type { Variant, Workload } from '../core/workload.ts'
import type { VariantName, WorkloadName } from '../core/names.ts'

const FOLDER = new URL('../workloads/', import.meta.url)
const EXTENSION = import.meta.url.endsWith('.ts') ? '.ts' : '.js'

/** The names of the workloads that are there: the folders of src/workloads, in alphabetical order. */
export async function workloadNames(): Promise<readonly WorkloadName[]> {
  const entries = await readdir(FOLDER, { withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
}

/**
 * The workload of that name.
 * @throws ArchError (usage) when there is none
 */
export async function loadWorkload(name: WorkloadName): Promise<Workload> {
  const names = await workloadNames()
  if (!names.includes(name))
    throw usageError(`there is no case called '${name}'`, `The cases are: ${names.join(', ')}.`)
  const module: unknown = await import(new URL(`${name}/index${EXTENSION}`, FOLDER).href)
  return (module as { readonly workload: Workload }).workload
}

/** A workload's variant; both exist in every workload. */
export function variantOf(workload: Workload, name: VariantName): Variant {
  return workload.variants[name]
}
