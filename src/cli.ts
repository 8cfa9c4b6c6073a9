import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Command, CommanderError } from 'commander'
import type { CommandIo, CommandModule } from './commands/command.ts'
import type { ExitCode } from './core/exit.ts'
import { coloursFor, usesColour } from './commands/shared/colours.ts'
import { commandNames, loadCommand } from './commands/shared/discover.ts'
import { reportFailure } from './commands/shared/failure.ts'
import { processIo } from './commands/shared/process-io.ts'

const DESCRIPTION =
  'Makes a reference architecture executable: real stores, documented traffic, audited data, one verdict.'
const EXAMPLES = [
  'arch doctor',
  'arch bench social',
  'arch bench social --scale 1/200 --duration 60s',
  'arch report latest',
]

function examplesText(examples: readonly string[]): string {
  return examples.length === 0 ? '' : `\nExamples:\n${examples.map((line) => `  $ ${line}\n`).join('')}`
}

/** `arch: unknown option '--jsn'; did you mean --json?` */
function oneLine(text: string, prefix: string): string {
  return text.replace(/^error: /, `${prefix} `).replace(/\n\(Did you mean (.+)\)\n$/, '; did you mean $1\n')
}

/** An empty command line: how it writes, colours, fails and ends. Subcommands inherit these settings. */
function newProgram(io: CommandIo): Command {
  return new Command('arch')
    .description(DESCRIPTION)
    .version(io.version, '-V, --version', 'print the version')
    .option('--no-color', 'no colour (as with NO_COLOR set)')
    .helpOption('-h, --help', 'show help')
    .exitOverride()
    .configureHelp({ styleTitle: (title) => coloursFor(io, io.stdout).bold(title) })
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: (text, write) => write(oneLine(text, coloursFor(io, io.stderr).red('arch:'))),
      getOutHelpWidth: () => io.stdout.columns,
      getErrHelpWidth: () => io.stderr.columns,
      getOutHasColors: () => usesColour(io, io.stdout),
      getErrHasColors: () => usesColour(io, io.stderr),
    })
}

function addCommand(program: Command, module: CommandModule, io: CommandIo): void {
  const command = program.command(module.name).description(module.summary)
  command.showHelpAfterError(`      see: arch ${module.name} --help`)
  command.addHelpText('after', examplesText(module.examples))
  module.register(command, io)
}

/** Only the named command is loaded; all of them where their names or summaries are needed. */
async function modulesFor(args: readonly string[]): Promise<CommandModule[]> {
  const names = commandNames()
  const first = args.find((argument) => !argument.startsWith('-'))
  if (first !== undefined && names.includes(first)) return [await loadCommand(first)]
  if (first === undefined && (args.includes('--version') || args.includes('-V'))) return []
  return Promise.all(names.map(loadCommand))
}

/**
 * Runs one command line against `io` and answers the exit code (cli.md); never throws. A mistake in flags is 2, a
 * setup mistake its own code with one hint, anything else a bug: 1, with its stack.
 */
export async function runCli(io: CommandIo): Promise<ExitCode> {
  try {
    const program = newProgram(io)
    program.showHelpAfterError('      see: arch --help')
    program.addHelpText('after', examplesText(EXAMPLES))
    for (const module of await modulesFor(io.args)) addCommand(program, module, io)
    if (io.args.filter((argument) => argument !== '--no-color').length === 0) program.outputHelp()
    else await program.parseAsync(io.args, { from: 'user' })
  } catch (failure) {
    if (failure instanceof CommanderError) return failure.exitCode === 0 ? 0 : 2
    return reportFailure(io, failure)
  }
  return io.exitCode
}

const script = process.argv[1]
if (script !== undefined && realpathSync(script) === fileURLToPath(import.meta.url)) {
  process.exitCode = await runCli(processIo(fileURLToPath(new URL('..', import.meta.url))))
}
