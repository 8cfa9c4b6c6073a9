import { readdirSync } from 'node:fs'
import { usageError } from '../core/errors.ts'
import { suggestion } from '../core/suggest.ts'
import type { Reporter } from './reporter.ts'

const FOLDER = new URL('./', import.meta.url)
const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js'

/** The names of all report formats: the folders beside this file. */
export function reportFormats(): string[] {
  const entries = readdirSync(FOLDER, { withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted()
}

/**
 * The reporter of a format.
 * @throws ArchError (exit code 2) when there is none
 */
export async function loadReporter(format: string): Promise<Reporter> {
  const formats = reportFormats()
  if (!formats.includes(format))
    throw usageError(
      `--format '${format}' is unknown: ${suggestion(format, formats)}`,
      `formats: ${formats.join(', ')}`,
    )
  const module = (await import(new URL(`${format}/index.${EXTENSION}`, FOLDER).href)) as {
    reporter: Reporter
  }
  return module.reporter
}
