import { usageError } from '../core/errors.ts'
import { storeLog } from '../session/logs.ts'
import type { CommandIo, CommandModule } from './command.ts'

interface Flags {
  readonly follow?: boolean
  readonly lines: string
  readonly node?: string
}

const MOST_LINES = 100_000

function lineCount(text: string): number {
  const lines = Number(text)
  if (/^\d+$/.test(text) && lines >= 1 && lines <= MOST_LINES) return lines
  throw usageError(`--lines is '${text}'`, `Give a whole number from 1 to ${MOST_LINES}: --lines 100`)
}

async function logs(io: CommandIo, store: string, flags: Flags): Promise<void> {
  const lines = lineCount(flags.lines)
  const follow = flags.follow === true ? { follow: io.interruptSignal() } : {}
  const node = flags.node === undefined ? {} : { node: flags.node }
  for await (const chunk of storeLog(store, { env: io.env, lines, ...node, ...follow }))
    io.stdout.write(chunk)
}

/** `arch logs`: what a store wrote. */
export const command: CommandModule = {
  name: 'logs',
  summary: 'the log of a store',
  examples: ['arch logs postgres', 'arch logs redis --lines 20 --follow'],
  register(commander, io) {
    commander
      .argument('<store>', 'its name, e.g. postgres')
      .option('-f, --follow', 'go on until Ctrl-C')
      .option('--node <name>', 'one node of several, e.g. cluster-2')
      .option('-n, --lines <count>', 'how many lines of its end', '100')
      .action((store: string, flags: Flags) => logs(io, store, flags))
  },
}
