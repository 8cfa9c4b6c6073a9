import type { Command } from 'commander'
import { usageError } from '../core/errors.ts'
import type { Experiment, ExperimentRow } from '../core/experiment.ts'
import type { StoreFacts } from '../core/store.ts'
import { suggestion } from '../core/suggest.ts'
import { parseInteger, parseSize } from '../core/units.ts'
import type { Workload } from '../core/workload.ts'
import { claimInstance } from '../session/claim.ts'
import { runExperiment } from '../session/experiment.ts'
import { roleKiller } from '../session/kill-role.ts'
import { offer } from '../session/offer.ts'
import { storeNodes } from '../session/store-nodes.ts'
import type { TopologyWish } from '../session/topology-wish.ts'
import { withStores } from '../session/with-stores.ts'
import type { CommandIo, CommandModule } from './command.ts'
import { PROVIDERS } from './shared/case-flags.ts'
import { coloursFor } from './shared/colours.ts'
import { experimentText } from './shared/experiment-text.ts'
import type { ExperimentFacts } from './shared/experiment-text.ts'
import { oneOf } from './shared/one-of.ts'
import { progressLines } from './shared/progress.ts'
import { selectCases } from './shared/select-cases.ts'
import { TOPOLOGY_HELP, parseTopology } from './shared/topology.ts'

interface ExperimentFlags {
  readonly clients?: string
  readonly orders?: string
  readonly rounds?: string
  readonly population?: string
  readonly seed: string
  readonly format: string
  readonly provider: string
  readonly topology?: string
}

const MOST_CLIENTS = 64
/** Connections of an experiment without clients. */
const SINGLE = 6
const FORMATS = ['text', 'json'] as const

interface Found {
  readonly workload: Workload
  readonly experiment: Experiment
}

/** @throws ArchError (usage) that suggests the nearest name */
async function experimentNamed(name: string): Promise<Found> {
  const all = (await selectCases(['all'])).flatMap((workload) =>
    Object.entries(workload.experiments).map(([own, experiment]) => ({ own, workload, experiment })),
  )
  const found = all.find(({ own }) => own === name)
  if (found !== undefined) return found
  const names = all.map(({ own }) => own)
  throw usageError(`experiment '${name}' is unknown: ${suggestion(name, names)}`, 'arch list shows all')
}

/** @throws ArchError (usage) for flags of a closed loop where there is none */
function readLoop(
  flags: ExperimentFlags,
  { loop }: Experiment['defaults'],
): Pick<ExperimentFacts, 'clients' | 'perClient'> {
  const { clients, orders } = flags
  if (loop !== undefined)
    return {
      clients: clients === undefined ? loop.clients : parseInteger(clients, '--clients', 1, MOST_CLIENTS),
      perClient: orders === undefined ? loop.perClient : parseInteger(orders, '--orders', 1, 100_000),
    }
  if (clients === undefined && orders === undefined) return {}
  throw usageError(
    'this experiment has no clients that work at once: it asks one thing after the other',
    'Leave --clients and --orders out.',
  )
}

function readFacts(flags: ExperimentFlags, { defaults }: Experiment): Omit<ExperimentFacts, 'stores'> {
  return {
    ...readLoop(flags, defaults),
    rounds: flags.rounds === undefined ? defaults.rounds : parseInteger(flags.rounds, '--rounds', 1, 1_000),
    seed: parseInteger(flags.seed, '--seed', 0, 2 ** 32 - 1),
    population:
      flags.population === undefined ? defaults.population : parseSize(flags.population, '--population'),
  }
}

interface Outcome {
  readonly rows: readonly ExperimentRow[]
  readonly stores: readonly StoreFacts[]
}

/** @throws ArchError (usage) where the experiment needs another one */
function topologyFor({ topology, stores }: Experiment, asked: string | undefined): TopologyWish {
  if (asked === undefined) return topology ?? 'single'
  const wish = parseTopology(asked, stores)
  if (topology !== undefined && wish !== topology)
    throw usageError(`this experiment needs --topology ${topology}`, 'Leave the flag out.')
  return wish
}

async function run(
  io: CommandIo,
  { workload, experiment }: Found,
  flags: ExperimentFlags,
  facts: Omit<ExperimentFacts, 'stores'>,
): Promise<Outcome> {
  const lines = progressLines(io)
  const request = {
    provider: oneOf('--provider', flags.provider, PROVIDERS),
    topology: topologyFor(experiment, flags.topology),
    env: io.env,
    line: lines.line,
    // Each client has a connection, and what goes on beside them another.
    connections: { poolSize: (facts.clients ?? SINGLE) + 2, keepsPlans: true },
  }
  const release = await claimInstance(workload.name, io.env)
  try {
    return await withStores(experiment, request, async (stores, running, endpoints) => {
      const population = { seed: facts.seed, size: facts.population }
      const signal = io.interruptSignal()
      const host = {
        progress: lines.progress,
        line: lines.line,
        signal,
        nodes: storeNodes(experiment.stores, request),
        offer,
        killRole: roleKiller(workload.name, endpoints),
      }
      const opened = await experiment.open(stores, population, host).catch((error: unknown) => {
        // What was being loaded when the interruption came was broken off by it.
        if (signal.aborted) return undefined
        throw error
      })
      if (opened === undefined) return { rows: [], stores: running }
      try {
        const rows = await runExperiment(experiment, opened, {
          ...facts,
          signal,
          onTrial: (done, total, pattern, row) => lines.progress(`${pattern}, ${row}`, done, total, 'trials'),
        })
        return { rows, stores: running }
      } finally {
        await opened.close()
        lines.clear()
      }
    })
  } finally {
    await release()
  }
}

function registerFlags(commander: Command): Command {
  return commander
    .argument('<name>', 'the experiment')
    .option('--clients <number>', 'clients that work at once, 64 at most (default: per experiment)')
    .option('--orders <number>', 'what each client does, one after the other (default: per experiment)')
    .option('--rounds <number>', 'how often each row is measured, there and back (default: per experiment)')
    .option('--population <size>', 'size of the seeded data: 2000, 20K (default: per experiment)')
    .option('--seed <number>', 'of data and inputs', '42')
    .option('--format <name>', 'text or json', 'text')
    .option('--provider <name>', 'auto, native, docker or external', 'auto')
    .option('--topology <name>', `${TOPOLOGY_HELP} (default: per experiment)`)
}

/** `arch experiment`: a named comparison of design decisions, as a table. It explains, and passes no verdict. */
export const command: CommandModule = {
  name: 'experiment',
  summary: 'a named comparison of design decisions, as a table',
  examples: ['arch experiment checkout', 'arch experiment column-store --population 10M --format json'],
  register(commander, io) {
    registerFlags(commander).action(async (name: string, flags: ExperimentFlags) => {
      const format = oneOf('--format', flags.format, FORMATS)
      const found = await experimentNamed(name)
      const asked = readFacts(flags, found.experiment)
      const { rows, stores } = await run(io, found, flags, asked)
      if (io.interruptSignal().aborted) io.exitCode = 130
      if (format === 'json') {
        const { title, compares, rows: designs, patterns, columns } = found.experiment
        const head = { schema: 'arch.experiment/1', arch: io.version, experiment: name, title, compares }
        const findings = found.experiment.findings?.(rows) ?? []
        const interrupted = io.exitCode === 130
        const body = { ...asked, stores, designs, patterns, columns, interrupted, rows, findings }
        const value = { ...head, workload: found.workload.name, ...body }
        io.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`)
        return
      }
      const facts = { ...asked, stores: stores.map((store) => `${store.name} ${store.version}`) }
      const colours = coloursFor(io, io.stdout)
      io.stdout.write(`${experimentText(found.experiment, rows, facts, io.stdout.columns, colours)}\n`)
      if (io.exitCode === 130) io.stderr.write('interrupted: what had been measured until then\n')
    })
  },
}
