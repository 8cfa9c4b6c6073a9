import { Option } from 'commander'
import type { ProviderName, Topology } from '../core/store.ts'
import { upStores } from '../session/up.ts'
import type { CommandIo, CommandModule } from './command.ts'
import { progressLines } from './shared/progress.ts'
import { selectCases } from './shared/select-cases.ts'
import { runningText } from './shared/store-text.ts'

interface Flags {
  readonly provider: ProviderName | 'auto'
  readonly topology: Topology
  readonly json?: boolean
}

async function up(io: CommandIo, cases: readonly string[], flags: Flags): Promise<void> {
  const workloads = await selectCases(cases.length === 0 ? ['all'] : cases)
  const names = [...new Set(workloads.flatMap((workload) => workload.stores))]
  const { line } = progressLines(io)
  const { provider, topology } = flags
  const running = await upStores(names, { provider, topology, env: io.env, progress: line })
  if (flags.json !== true) {
    io.stdout.write(runningText(running))
    return
  }
  const shown = running.map(({ endpoint: { host, port }, facts, startedMs, alreadyRunning, reason }) => ({
    ...facts,
    host,
    port,
    startedMs: Math.round(startedMs),
    alreadyRunning,
    reason,
  }))
  io.stdout.write(`${JSON.stringify({ stores: shown }, undefined, 2)}\n`)
}

/** `arch up`: the stores that the cases need, each answering a client. */
export const command: CommandModule = {
  name: 'up',
  summary: 'start the stores that the cases need, and wait until each answers',
  examples: ['arch up social', 'arch up', 'arch up social --provider docker'],
  register(commander, io) {
    const providers = ['auto', 'native', 'docker', 'external']
    const topologies = ['single', 'cluster', 'cluster-ha', 'multi-dc']
    commander
      .argument('[case...]', 'cases whose stores to start (default: all)')
      .addOption(new Option('--provider <name>', 'who runs the stores').choices(providers).default('auto'))
      .addOption(new Option('--topology <name>', 'how many nodes').choices(topologies).default('single'))
      .option('--json', 'for machines')
      .action((cases: readonly string[], flags: Flags) => up(io, cases, flags))
  },
}
