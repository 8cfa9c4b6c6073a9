import { relative } from 'node:path'
import { usageError } from '../core/errors.ts'
import { loadReporter } from '../reporters/discover.ts'
import type { RenderOptions } from '../reporters/reporter.ts'
import type { CommandIo, CommandModule } from './command.ts'
import { usesColour } from './shared/colours.ts'
import { readSavedRun } from './shared/saved-run.ts'

async function report(io: CommandIo, run: string, format: string): Promise<void> {
  const reporters = await Promise.all(format.split(',').map((name) => loadReporter(name.trim())))
  const saved = await readSavedRun(run, io.cwd)
  const options: RenderOptions = {
    columns: io.stdout.columns,
    colour: usesColour(io, io.stdout),
    folder: relative(io.cwd, saved.folder) || '.',
  }
  if (saved.kind === 'result') {
    for (const reporter of reporters) io.stdout.write(reporter.render(saved.result, options))
    return
  }
  const { renderComparison } = await import('../reporters/comparison.ts')
  for (const reporter of reporters) {
    if (reporter.format === 'console') io.stdout.write(renderComparison(saved.comparison, options))
    else if (reporter.format === 'json')
      io.stdout.write(`${JSON.stringify(saved.comparison, undefined, 2)}\n`)
    else
      throw usageError(
        `--format '${reporter.format}' does not render a comparison`,
        'render one of its two results',
      )
  }
}

/** `arch report <run>`: renders a saved run again. */
export const command: CommandModule = {
  name: 'report',
  summary: 'renders a saved run again',
  examples: [
    'arch report latest',
    'arch report reports/social-20260115T102030Z --format json',
    'arch report latest --json',
  ],
  register(commander, io) {
    commander
      .argument('<run>', 'folder of a run, or its name in reports/; `latest` is the newest')
      .option('--format <formats>', 'what to write to stdout, apart by commas', 'console')
      .option('--json', 'short for --format json')
      .action(async (run: string, flags: { format: string; json?: boolean }) => {
        await report(io, run, flags.json === true ? 'json' : flags.format)
      })
  },
}
