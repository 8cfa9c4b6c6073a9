import { join, relative } from 'node:path'
import { decideVerdict, exitCodeOf } from '../core/exit.ts'
import type { Verdict } from '../core/exit.ts'
import type { AuditResult } from '../core/result.ts'
import { journalReader } from '../engine/journal-reader.ts'
import { runAudits } from '../session/audit.ts'
import { withStores } from '../session/with-stores.ts'
import type { CommandModule } from './command.ts'
import { auditedRun } from './shared/audited-run.ts'
import { collect } from './shared/bench-flags.ts'
import { readCase, registerCaseFlags, registerPopulationFlags } from './shared/case-flags.ts'
import type { CaseFlags, ChosenCase } from './shared/case-flags.ts'
import { coloursFor } from './shared/colours.ts'
import { progressLines } from './shared/progress.ts'

type AuditFlags = CaseFlags & { readonly run?: string; readonly json?: boolean }

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

/** What the audits hold the stores against, and which run says so. */
function premise({ variantName, population, choice }: ChosenCase, folder: string | undefined): string {
  const choices = Object.entries(choice).map(([name, value]) => `, ${name}=${value}`)
  const what = `${variantName}, population ${population.size.toLocaleString('en-US')}, seed ${population.seed}`
  return `as ${folder ?? 'no saved run says; by flags and defaults'}: ${what}${choices.join('')}`
}

/** `arch audit`: the audits alone, against whatever the stores now hold. */
export const command: CommandModule = {
  name: 'audit',
  summary: 'the audits alone, against whatever the stores now hold',
  examples: ['arch audit social', 'arch audit social --run latest --json'],
  register(commander, io) {
    registerPopulationFlags(registerCaseFlags(commander))
      .option(
        '--run <folder>',
        'the run that made the data, and whose journal is the witness (default: the newest)',
      )
      .option('--strategy <name=value>', "of the application (repeatable; default: the run's)", collect, [])
      .option('--json', 'for machines')
      .action(async (name: string, flags: AuditFlags) => {
        const lines = progressLines(io)
        const { run: named, variant: asked } = flags
        const run = await auditedRun({ workload: name, run: named, variant: asked, cwd: io.cwd })
        const chosen = await readCase(name, flags, io, lines, run?.result)
        const { variant, population, choice } = chosen
        const folder = run === undefined ? undefined : relative(io.cwd, run.folder)
        const journal = journalReader(join(run?.folder ?? join(io.cwd, 'reports', 'latest'), 'journal'))
        const profile = run?.result.profile ?? 'steady'
        const audits = await withStores(chosen.workload, chosen.stores, (stores) =>
          runAudits(
            variant.audits,
            { stores, population, choice, journal, seed: population.seed, profile },
            (_, done) => lines.progress('audit', done, variant.audits.length, 'audits'),
            io.interruptSignal(),
          ),
        )
        lines.clear()
        const verdict = io.interruptSignal().aborted ? 'INTERRUPTED' : verdictOf(audits)
        io.exitCode = exitCodeOf(verdict)
        if (flags.json === true) {
          const { variantName } = chosen
          const basis = { run: folder ?? null, variant: variantName, population, strategies: choice, profile }
          const report = { verdict, exitCode: io.exitCode, ...basis, audits }
          io.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`)
          return
        }
        const colours = coloursFor(io, io.stdout)
        const closing = verdict === 'PASS' ? colours.green(verdict) : colours.red(verdict)
        io.stdout.write(`${premise(chosen, folder)}\n\n${audits.map(line).join('\n')}\n\n  ${closing}\n`)
      })
  },
}
