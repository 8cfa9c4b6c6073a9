import type { Command } from 'commander'
import { usageError } from '../../core/errors.ts'
import type { VariantName } from '../../core/names.ts'
import type { Topology } from '../../core/store.ts'
import { parseInteger, parseSize } from '../../core/units.ts'
import type { Population, StrategyChoice, Variant, Workload } from '../../core/workload.ts'
import { chosenStrategies } from '../../session/bench.ts'
import type { ProviderWish } from '../../session/choose-provider.ts'
import type { StoresRequest } from '../../session/with-stores.ts'
import { variantOf } from '../../session/workloads.ts'
import type { CommandIo } from '../command.ts'
import type { ProgressLines } from './progress.ts'
import { oneOf } from './one-of.ts'
import { selectCases } from './select-cases.ts'

/** The flags that commands about one case share, as text. */
export interface CaseFlags {
  readonly variant: string
  readonly provider: string
  readonly topology: string
  readonly seed?: string
  readonly population?: string
}

const VARIANTS: readonly VariantName[] = ['fixed', 'as-written']
const PROVIDERS: readonly ProviderWish[] = ['auto', 'native', 'docker', 'external']
const TOPOLOGIES: readonly Topology[] = ['single', 'cluster', 'cluster-ha', 'multi-dc']

/** Adds the argument and the flags of a command about one case. */
export function registerCaseFlags(command: Command): Command {
  return command
    .argument('<case>', 'the case')
    .option('--variant <name>', 'fixed or as-written', 'fixed')
    .option('--provider <name>', 'auto, native, docker or external', 'auto')
    .option('--topology <name>', 'single, cluster, cluster-ha or multi-dc', 'single')
}

/** Adds the flags that say which data is meant. */
export function registerPopulationFlags(command: Command): Command {
  return command
    .option('--population <size>', 'size of the seeded data: 20000, 20K, 100M (default: per case)')
    .option('--seed <number>', 'of the data', '42')
}

/** A case as a command's flags name it. */
export interface ChosenCase {
  readonly workload: Workload
  readonly variant: Variant
  readonly population: Population
  readonly choice: StrategyChoice
  readonly stores: StoresRequest
}

/**
 * Reads the shared flags.
 * @throws ArchError (usage) for a case, variant, provider, topology, seed or population that is none
 */
export async function readCase(
  name: string,
  flags: CaseFlags,
  io: CommandIo,
  lines: ProgressLines,
): Promise<ChosenCase> {
  const [workload] = await selectCases([name])
  if (workload === undefined) throw usageError(`case '${name}' is unknown`, 'arch list shows all')
  const variant = variantOf(workload, oneOf('--variant', flags.variant, VARIANTS))
  const population = {
    seed: parseInteger(flags.seed ?? '42', '--seed', 0, 2 ** 32 - 1),
    size:
      flags.population === undefined
        ? workload.defaults.population
        : parseSize(flags.population, '--population'),
  }
  return {
    workload,
    variant,
    population,
    choice: chosenStrategies(variant, {}),
    stores: {
      provider: oneOf('--provider', flags.provider, PROVIDERS),
      topology: oneOf('--topology', flags.topology, TOPOLOGIES),
      env: io.env,
      line: lines.line,
    },
  }
}
