import { withStores } from '../session/with-stores.ts'
import type { CommandModule } from './command.ts'
import { readCase, registerCaseFlags } from './shared/case-flags.ts'
import type { CaseFlags } from './shared/case-flags.ts'
import { progressLines } from './shared/progress.ts'

/** `arch provision`: schemas, partitions, scripts; a second run changes nothing. */
export const command: CommandModule = {
  name: 'provision',
  summary: 'make the schemas of a case; a second run changes nothing',
  examples: ['arch provision social', 'arch provision social --variant as-written'],
  register(commander, io) {
    registerCaseFlags(commander).action(async (name: string, flags: CaseFlags) => {
      const lines = progressLines(io)
      const chosen = await readCase(name, flags, io, lines)
      const report = await withStores(chosen.workload, chosen.stores, (stores) =>
        chosen.variant.provision(stores, lines.progress),
      )
      lines.clear()
      io.stdout.write(`${report.changed ? 'changed' : 'unchanged'}: ${report.summary}\n`)
    })
  },
}
