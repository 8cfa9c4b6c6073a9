import { readdir } from 'node:fs/promises'
import { usageError } from '../core/errors.ts'
import type { StoreName } from '../core/names.ts'
import type { StoreModule } from '../core/store-module.ts'

const FOLDER = new URL('../stores/', import.meta.url)
const EXTENSION = import.meta.url.endsWith('.ts') ? '.ts' : '.js'

/** The names of the stores that are there: the folders of src/stores, in alphabetical order. */
export async function storeNames(): Promise<readonly StoreName[]> {
  const entries = await readdir(FOLDER, { withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
}

/**
 * The store of that name; its driver is loaded with it.
 * @throws ArchError (usage) when there is none
 */
export async function loadStore(name: StoreName): Promise<StoreModule> {
  const names = await storeNames()
  if (!names.includes(name))
    throw usageError(`there is no store called '${name}'`, `The stores are: ${names.join(', ')}.`)
  const module: unknown = await import(new URL(`${name}/index${EXTENSION}`, FOLDER).href)
  return (module as { readonly store: StoreModule }).store
}
