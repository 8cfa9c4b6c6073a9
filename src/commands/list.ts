import type { CommandIo, CommandModule } from './command.ts'
import { caseText, caseValue } from './shared/case-text.ts'
import { coloursFor } from './shared/colours.ts'
import { selectCases } from './shared/select-cases.ts'

async function list(io: CommandIo, cases: readonly string[], json: boolean): Promise<void> {
  const workloads = await selectCases(cases.length === 0 ? ['all'] : cases)
  if (json) {
    io.stdout.write(`${JSON.stringify({ cases: workloads.map(caseValue) }, undefined, 2)}\n`)
    return
  }
  const colours = coloursFor(io, io.stdout)
  io.stdout.write(
    `${workloads.map((workload) => caseText(workload, io.stdout.columns, colours)).join('\n\n')}\n`,
  )
}

/** `arch list`: what there is. */
export const command: CommandModule = {
  name: 'list',
  summary: 'cases, operations, strategies, profiles, stores and experiments',
  examples: ['arch list', 'arch list social', 'arch list --json'],
  register(commander, io) {
    commander
      .argument('[case...]', 'cases to list (default: all)')
      .option('--json', 'for machines')
      .action(async (cases: readonly string[], flags: { json?: boolean }) => {
        await list(io, cases, flags.json === true)
      })
  },
}
