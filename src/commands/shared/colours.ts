import pc from 'picocolors'
import type { CommandIo, CommandOutput } from '../command.ts'

/** Whether to colour what is written to `output`: only on a terminal, never with NO_COLOR, --no-color or TERM=dumb. */
export function usesColour(io: CommandIo, output: CommandOutput): boolean {
  const refused =
    (io.env['NO_COLOR'] ?? '') !== '' || io.args.includes('--no-color') || io.env['TERM'] === 'dumb'
  return output.isTTY && !refused
}

/** The colour functions for `output`; they change nothing where colour is off. */
export function coloursFor(io: CommandIo, output: CommandOutput): ReturnType<typeof pc.createColors> {
  return pc.createColors(usesColour(io, output))
}
