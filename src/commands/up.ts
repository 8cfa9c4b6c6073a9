import { Option } from 'commander'
import type { ProviderName } from '../core/store.ts'
import { upStores } from '../session/up.ts'
import type { CommandIo, CommandModule } from './command.ts'
import { progressLines } from './shared/progress.ts'
import { selectCases } from './shared/select-cases.ts'
import { runningText } from './shared/store-text.ts'
import { TOPOLOGY_HELP, parseTopology } from './shared/topology.ts'

interface Flags {
  readonly provider: ProviderName | 'auto'
  readonly topology: string
  readonly json?: boolean
}

async function up(io: CommandIo, cases: readonly string[], flags: Flags): Promise<void> {
  const workloads = await selectCases(cases.length === 0 ? ['all'] : cases)
  const names = [...new Set(workloads.flatMap((workload) => workload.stores))]
  const { line } = progressLines(io)
  const { provider } = flags
  const topology = parseTopology(flags.topology, names)
  const running = await upStores(names, { provider, topology, env: io.env, progress: line })
  if (flags.json !== true) {
    io.stdout.write(runningText(running))
    return
  }
  const shown = running.map(
    ({ endpoint: { host, port, further = [] }, facts, startedMs, alreadyRunning, reason }) => ({
      ...facts,
      host,
      port,
      ...(further.length === 0 ? {} : { further }),
      startedMs: Math.round(startedMs),
      alreadyRunning,
      reason,
    }),
  )
  io.stdout.write(`${JSON.stringify({ stores: shown }, undefined, 2)}\n`)
}

/** `arch up`: the stores that the cases need, each answering a client. */
export const command: CommandModule = {
  name: 'up',
  summary: 'start the stores that the cases need, and wait until each answers',
  examples: [
    'arch up social',
    'arch up',
    'arch up social --provider docker',
    'arch up analytics --topology kafka=cluster',
  ],
  register(commander, io) {
    const providers = ['auto', 'native', 'docker', 'external']
    commander
      .argument('[case...]', 'cases whose stores to start (default: all)')
      .addOption(new Option('--provider <name>', 'who runs the stores').choices(providers).default('auto'))
      .option('--topology <name>', TOPOLOGY_HELP, 'single')
      .option('--json', 'for machines')
      .action((cases: readonly string[], flags: Flags) => up(io, cases, flags))
  },
}
