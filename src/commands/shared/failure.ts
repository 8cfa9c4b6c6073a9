import { ArchError } from '../../core/errors.ts'
import type { ExitCode } from '../../core/exit.ts'
import type { CommandIo } from '../command.ts'
import { coloursFor } from './colours.ts'

/** Prints a setup mistake as a message and a hint, a bug with its stack; answers the exit code. */
export function reportFailure(io: CommandIo, failure: unknown): ExitCode {
  const { red, dim } = coloursFor(io, io.stderr)
  if (failure instanceof ArchError) {
    io.stderr.write(`${red('arch:')} ${failure.message}\n${dim(`      ${failure.hint}`)}\n`)
    return failure.exitCode
  }
  const details = failure instanceof Error ? (failure.stack ?? failure.message) : String(failure)
  io.stderr.write(`${red('arch: a bug:')} ${details}\n`)
  if (failure instanceof Error && failure.cause !== undefined) io.stderr.write(`caused by: ${String(failure.cause)}\n`)
  io.stderr.write(
    `This is a mistake in arch ${io.version} and not in what you did.\n` +
      `Please report these lines, with the command line \`arch ${io.args.join(' ')}\`, where you got arch from.\n`,
  )
  return 1
}
