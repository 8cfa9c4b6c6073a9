import { join, resolve } from 'node:path'
import { decideVerdict, exitCodeOf } from '../core/exit.ts'
import type { Verdict } from '../core/exit.ts'
import type { AuditResult } from '../core/result.ts'
import { journalReader } from '../engine/journal-reader.ts'
import { runAudits } from '../session/audit.ts'
import { withStores } from '../session/with-stores.ts'
import type { CommandModule } from './command.ts'
import { readCase, registerCaseFlags, registerPopulationFlags } from './shared/case-flags.ts'
import type { CaseFlags } from './shared/case-flags.ts'
import { coloursFor } from './shared/colours.ts'
import { progressLines } from './shared/progress.ts'

type AuditFlags = CaseFlags & { readonly run: string; readonly json?: boolean }

function verdictOf(audits: readonly AuditResult[]): Verdict {
  const verdicts = audits.flatMap(({ state }): Verdict[] => {
    if (state === 'violated') return ['CORRUPT']
    return state === 'could not run' ? ['VOID'] : []
  })
  // Audits that all had nothing to look at prove nothing.
  const held = audits.some(({ state }) => state === 'held')
  return decideVerdict(held ? verdicts : [...verdicts, 'VOID'])
}

function line({ name, state, checked, violations, note, examples }: AuditResult): string {
  const figures = `${checked.toLocaleString('en-US')} checked, ${violations.toLocaleString('en-US')} violated`
  const more = [...(note === null ? [] : [note]), ...examples].map((text) => `\n    ${text}`)
  return `  ${name.padEnd(30)} ${state.padEnd(17)} ${figures}${more.join('')}`
}

/** `arch audit`: the audits alone, against whatever the stores now hold. */
export const command: CommandModule = {
  name: 'audit',
  summary: 'the audits alone, against whatever the stores now hold',
  examples: ['arch audit social', 'arch audit social --run reports/latest --json'],
  register(commander, io) {
    registerPopulationFlags(registerCaseFlags(commander))
      .option('--run <folder>', 'the run whose journal is the witness', 'reports/latest')
      .option('--json', 'for machines')
      .action(async (name: string, flags: AuditFlags) => {
        const lines = progressLines(io)
        const chosen = await readCase(name, flags, io, lines)
        const { variant, population, choice } = chosen
        const journal = journalReader(join(resolve(io.cwd, flags.run), 'journal'))
        const audits = await withStores(chosen.workload, chosen.stores, (stores) =>
          runAudits(
            variant.audits,
            { stores, population, choice, journal, seed: population.seed, profile: 'steady' },
            (_, done) => lines.progress('audit', done, variant.audits.length, 'audits'),
            io.interruptSignal(),
          ),
        )
        lines.clear()
        const verdict = io.interruptSignal().aborted ? 'INTERRUPTED' : verdictOf(audits)
        io.exitCode = exitCodeOf(verdict)
        if (flags.json === true) {
          io.stdout.write(`${JSON.stringify({ verdict, exitCode: io.exitCode, audits }, undefined, 2)}\n`)
          return
        }
        const colours = coloursFor(io, io.stdout)
        const closing = verdict === 'PASS' ? colours.green(verdict) : colours.red(verdict)
        io.stdout.write(`${audits.map(line).join('\n')}\n\n  ${closing}\n`)
      })
  },
}
