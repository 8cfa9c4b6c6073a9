import { ArchError, OperationFailure } from '../../core/errors.ts'
import type { ExitCode } from '../../core/exit.ts'
import type { CommandIo } from '../command.ts'
import { coloursFor } from './colours.ts'

/** Text that may hold a user's value, without the control characters that could steer a terminal. */
function harmless(text: string): string {
  return text.replaceAll(/(?!\n)\p{Cc}/gu, '?')
}

/** Stacks of a failure and its causes; never their other properties, which may hold a driver's arguments. */
function stackOf(failure: unknown): string {
  if (!(failure instanceof Error)) return `a thrown ${typeof failure}`
  const own = failure.stack ?? failure.message
  return failure.cause === undefined ? own : `${own}\ncaused by: ${stackOf(failure.cause)}`
}

/** Prints a setup mistake or a store's failure as a message and a hint, a bug with its stack; answers the exit code. */
export function reportFailure(io: CommandIo, failure: unknown): ExitCode {
  const { red, dim } = coloursFor(io, io.stderr)
  if (failure instanceof ArchError) {
    io.stderr.write(
      `${red('arch:')} ${harmless(failure.message)}\n${dim(`      ${harmless(failure.hint)}`)}\n`,
    )
    return failure.exitCode
  }
  if (failure instanceof OperationFailure) {
    io.stderr.write(`${red('arch:')} ${harmless(failure.message)}\n`)
    io.stderr.write(dim('      a store did not serve: see `arch status` and `arch logs <store>`\n'))
    return 3
  }
  io.stderr.write(`${red('arch: a bug:')} ${stackOf(failure)}\n`)
  io.stderr.write(
    `This is a mistake in arch ${io.version} and not in what you did.\n` +
      `Please report these lines, with the command line \`arch ${io.args.join(' ')}\`, where you got arch from.\n`,
  )
  return 1
}
