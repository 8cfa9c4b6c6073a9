import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/** Whether we may run this file. */
export async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}

/** Every program on PATH with one of these names, in the order in which a shell would look. */
export async function programsOnPath(...names: readonly string[]): Promise<readonly string[]> {
  const found: string[] = []
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    if (folder === '') continue
    for (const name of names) {
      const file = join(folder, name)
      if (await isExecutable(file)) found.push(file)
    }
  }
  return found
}
