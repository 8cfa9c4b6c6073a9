import { usageError } from '../core/errors.ts'
import { downStores } from '../session/down.ts'
import type { CommandIo, CommandModule } from './command.ts'

interface Flags {
  readonly volumes?: boolean
  readonly yes?: boolean
}

/** Data is destroyed only after a yes: typed, or given as a flag where nobody can be asked. */
async function isConfirmed(io: CommandIo): Promise<boolean> {
  if (!io.stdin.isTTY) {
    throw usageError(
      '--volumes deletes all data, and nobody is there to confirm it',
      'Add --yes to delete it.',
    )
  }
  io.stderr.write('Delete the data of every store that arch started here? [y/N] ')
  return /^y(es)?$/i.test((await io.stdin.readLine()).trim())
}

async function down(io: CommandIo, flags: Flags): Promise<void> {
  const volumes = flags.volumes === true
  if (volumes && flags.yes !== true && !(await isConfirmed(io))) {
    io.stderr.write('Nothing was stopped or deleted.\n')
    return
  }
  const results = await downStores({ env: io.env, volumes })
  for (const { store, stopped, dataRemoved } of results) {
    const did = [stopped ? 'stopped' : 'was not running', ...(dataRemoved ? ['data deleted'] : [])]
    io.stdout.write(`${store}  ${did.join(', ')}\n`)
  }
}

/** `arch down`: ends what `arch up` started in this home, and nothing else. */
export const command: CommandModule = {
  name: 'down',
  summary: 'stop the stores that arch up started',
  examples: ['arch down', 'arch down --volumes --yes'],
  register(commander, io) {
    commander
      .option('--volumes', 'also delete their data, after confirmation')
      .option('-y, --yes', 'do not ask')
      .action((flags: Flags) => down(io, flags))
  },
}
