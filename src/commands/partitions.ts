import { usageError } from '../core/errors.ts'
import { parseInteger } from '../core/units.ts'
import { withStores } from '../session/with-stores.ts'
import type { CommandModule } from './command.ts'
import { readCase, registerCaseFlags } from './shared/case-flags.ts'
import type { CaseFlags } from './shared/case-flags.ts'
import { progressLines } from './shared/progress.ts'

/** `arch partitions ensure`: month partitions made ahead. */
export const command: CommandModule = {
  name: 'partitions',
  summary: 'make the month partitions of a case ahead',
  examples: ['arch partitions ensure social', 'arch partitions ensure social --ahead 6'],
  register(commander, io) {
    commander.argument('<action>', 'ensure')
    registerCaseFlags(commander)
      .option('--ahead <months>', 'how many months after this one', '3')
      .action(async (action: string, name: string, flags: CaseFlags & { readonly ahead: string }) => {
        if (action !== 'ensure') throw usageError(`'${action}' is no action of partitions`, 'write: ensure')
        const ahead = parseInteger(flags.ahead, '--ahead', 0, 120)
        const lines = progressLines(io)
        const chosen = await readCase(name, flags, io, lines)
        const report = await withStores(chosen.workload, chosen.stores, async (stores) => {
          await chosen.variant.provision(stores, lines.progress)
          return chosen.variant.ensurePartitions(stores, ahead)
        })
        lines.clear()
        io.stdout.write(`${report.changed ? 'changed' : 'unchanged'}: ${report.summary}\n`)
      })
  },
}
