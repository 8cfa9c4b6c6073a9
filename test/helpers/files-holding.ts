import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Files below a folder that hold some of these words or bytes. What is removed meanwhile is left out. */
export async function filesHolding(
  folder: string,
  words: readonly (string | Buffer)[],
): Promise<readonly string[]> {
  const found: string[] = []
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    const bytes = await readFile(file).catch(() => Buffer.alloc(0))
    if (words.some((word) => bytes.includes(word))) found.push(file)
  }
  return found
}
