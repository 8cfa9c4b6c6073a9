import { examine } from '../session/doctor.ts'
import type { Check } from '../session/doctor-check.ts'
import type { CommandIo, CommandModule } from './command.ts'
import { coloursFor } from './shared/colours.ts'

interface Flags {
  readonly fix?: boolean
  readonly json?: boolean
}

function checksText(io: CommandIo, checks: readonly Check[]): string {
  const { green, yellow, red, dim } = coloursFor(io, io.stdout)
  const marks = { ok: green('ok     '), warning: yellow('warning'), problem: red('problem') }
  const width = Math.max(...checks.map(({ name }) => name.length))
  return checks
    .map(({ name, state, found, remedy }) => {
      const advice = remedy === undefined ? '' : dim(` -> ${remedy}`)
      return `${marks[state]}  ${name.padEnd(width)}  ${found}${advice}\n`
    })
    .join('')
}

async function doctor(io: CommandIo, flags: Flags): Promise<void> {
  const checks = await examine({ env: io.env, fix: flags.fix === true })
  if (checks.some(({ state }) => state === 'problem')) io.exitCode = 3
  io.stdout.write(
    flags.json === true ? `${JSON.stringify({ checks }, undefined, 2)}\n` : checksText(io, checks),
  )
}

/** `arch doctor`: this machine, the stores and their schemas; exit code 3 when something keeps a case from running. */
export const command: CommandModule = {
  name: 'doctor',
  summary: 'check this machine and the live schemas, each with its remedy',
  examples: ['arch doctor', 'arch doctor --fix', 'arch doctor --json'],
  register(commander, io) {
    commander
      .option('--fix', 'mend what can be mended: the state of processes that died, interrupted starts')
      .option('--json', 'for machines')
      .action((flags: Flags) => doctor(io, flags))
  },
}
