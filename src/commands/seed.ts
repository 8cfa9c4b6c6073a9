import { claimInstance } from '../session/claim.ts'
import { withStores } from '../session/with-stores.ts'
import type { CommandModule } from './command.ts'
import { readCase, registerCaseFlags, registerPopulationFlags } from './shared/case-flags.ts'
import type { CaseFlags } from './shared/case-flags.ts'
import { progressLines } from './shared/progress.ts'

/** `arch seed`: the data of a case, as every run starts from it; resumes after an interruption. */
export const command: CommandModule = {
  name: 'seed',
  summary: 'load the data of a case, as every run starts from it',
  examples: ['arch seed social', 'arch seed social --population 100K --seed 7'],
  register(commander, io) {
    registerPopulationFlags(registerCaseFlags(commander)).action(async (name: string, flags: CaseFlags) => {
      const lines = progressLines(io)
      const chosen = await readCase(name, flags, io, lines)
      const release = await claimInstance(chosen.workload.name, io.env)
      try {
        const report = await withStores(chosen.workload, chosen.stores, (stores) =>
          chosen.variant.seed(stores, chosen.population, chosen.choice, lines.progress),
        )
        lines.clear()
        io.stdout.write(`${report.summary}\n`)
      } finally {
        await release()
      }
    })
  },
}
