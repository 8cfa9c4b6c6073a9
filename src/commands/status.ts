import { storesStatus } from '../session/status.ts'
import type { CommandIo, CommandModule } from './command.ts'
import { statusText } from './shared/store-text.ts'

async function status(io: CommandIo, json: boolean): Promise<void> {
  const stores = await storesStatus({ env: io.env })
  io.stdout.write(json ? `${JSON.stringify({ stores }, undefined, 2)}\n` : statusText(stores))
}

/** `arch status`: every store as it is now. */
export const command: CommandModule = {
  name: 'status',
  summary: 'which stores run, where, and whether they answer',
  examples: ['arch status', 'arch status --json'],
  register(commander, io) {
    commander
      .option('--json', 'for machines')
      .action((flags: { json?: boolean }) => status(io, flags.json === true))
  },
}
