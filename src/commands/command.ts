import type { Command } from 'commander'
import type { ExitCode } from '../core/exit.ts'

/** A stream that a command writes to, as far as a command may know it. */
export interface CommandOutput {
  write(text: string): void
  readonly isTTY: boolean
  /** Width of the terminal in characters; 80 where there is none. */
  readonly columns: number
}

/**
 * The outside world as a command sees it: one object, so that tests run the whole command line against a fake one.
 * Commands read no `process.argv`, `process.env` or `process.cwd()`, and never call `process.exit()`.
 */
export interface CommandIo {
  /** Without the executable and the script. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** The folder of package.json, schemas/ and docker-compose.yml. */
  readonly packageRoot: string
  /** The version in package.json. */
  readonly version: string
  readonly stdout: CommandOutput
  readonly stderr: CommandOutput
  readonly stdin: { readonly isTTY: boolean; readLine(): Promise<string> }
  now(): Date
  /**
   * Aborts at the first Ctrl-C (or SIGTERM), so that the command ends in order; the second ends the process at once
   * with 130. A command that never asked for the signal is ended by the first.
   */
  interruptSignal(): AbortSignal
  /** What the process will exit with: 0 unless the command says otherwise. */
  exitCode: ExitCode
}

/** One file `src/commands/<name>.ts`, found by its name; only the invoked one is loaded. */
export interface CommandModule {
  readonly name: string
  /** One line, lower case, without a full stop: what `arch --help` shows. */
  readonly summary: string
  /** Command lines that work, shown below the command's help. */
  readonly examples: readonly string[]
  /** Adds arguments, options and the action to `command`, which has its name and summary already. */
  register(command: Command, io: CommandIo): void
}
