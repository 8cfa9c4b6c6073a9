import type { Command } from 'commander'
import { ArchError, usageError } from '../../core/errors.ts'
import type { VariantName } from '../../core/names.ts'
import type { Result } from '../../core/result.ts'
import { parseInteger, parseSize } from '../../core/units.ts'
import type { Variant, Workload } from '../../core/workload.ts'
import type { StrategyChoice } from '../../core/strategy.ts'
import type { Population } from '../../core/population.ts'
import { chosenStrategies } from '../../session/bench.ts'
import { chosenStores } from '../../session/chosen-stores.ts'
import type { ProviderWish } from '../../session/choose-provider.ts'
import type { StoresRequest } from '../../session/with-stores.ts'
import { inSuite } from '../../session/suites.ts'
import { variantOf } from '../../session/workloads.ts'
import type { CommandIo } from '../command.ts'
import { chooseStrategies } from './bench-names.ts'
import type { ProgressLines } from './progress.ts'
import { oneOf } from './one-of.ts'
import { selectCases } from './select-cases.ts'
import { TOPOLOGY_HELP, parseTopology, storesOf } from './topology.ts'

/** The flags that commands about one case share, as text. */
export interface CaseFlags {
  readonly variant?: string
  readonly provider: string
  readonly topology: string
  readonly seed?: string
  readonly population?: string
  readonly strategy?: readonly string[]
}

/** What holds where no flag says otherwise: the choices of a saved run, where there is one. */
export type SavedChoices = Pick<Result, 'variant' | 'seed' | 'strategies' | 'suite'> & {
  readonly population: Pick<Result['population'], 'size'>
}

/** The variants of every case. */
export const VARIANTS: readonly VariantName[] = ['fixed', 'as-written']
const DEFAULT_SEED = 42
/** Who may run a store. */
export const PROVIDERS: readonly ProviderWish[] = ['auto', 'native', 'docker', 'external']

/** Adds the argument and the flags of a command about one case. */
export function registerCaseFlags(command: Command): Command {
  return command
    .argument('<case>', 'the case')
    .option('--variant <name>', "fixed or as-written (default: fixed, or the run's)")
    .option('--provider <name>', 'auto, native, docker or external', 'auto')
    .option('--topology <name>', TOPOLOGY_HELP, 'single')
}

/** Adds the flags that say which data is meant. */
export function registerPopulationFlags(command: Command): Command {
  return command
    .option(
      '--population <size>',
      "size of the seeded data: 20000, 20K, 100M (default: per case, or the run's)",
    )
    .option('--seed <number>', "of the data (default: 42, or the run's)")
}

/** A case as a command's flags name it. */
export interface ChosenCase {
  readonly workload: Workload
  readonly variant: Variant
  readonly variantName: VariantName
  readonly population: Population
  readonly choice: StrategyChoice
  readonly stores: StoresRequest
}

/**
 * The choices of a saved run that the variant has.
 * @throws ArchError (exit code 3) for a value that this version does not know
 */
function savedStrategies(variant: Variant, saved: StrategyChoice): StrategyChoice {
  const own = Object.entries(saved).filter(([name]) => Object.hasOwn(variant.strategies, name))
  for (const [name, value] of own)
    if (variant.strategies[name]?.values.includes(value) !== true)
      throw new ArchError(
        `the saved run chose ${name}=${value}, which this version of arch does not know`,
        'read it with the version that wrote it',
      )
  return Object.fromEntries(own)
}

/**
 * Reads the shared flags.
 * @param saved what holds where the flags say nothing
 * @throws ArchError (usage) for a case, variant, provider, topology, seed, population or strategy that is none
 */
export async function readCase(
  name: string,
  flags: CaseFlags,
  io: CommandIo,
  lines: ProgressLines,
  saved?: SavedChoices,
): Promise<ChosenCase> {
  const [whole] = await selectCases([name])
  // What a saved run left is what its suite works on.
  const workload = whole === undefined || saved === undefined ? whole : inSuite(whole, saved.suite)
  if (workload === undefined) throw usageError(`case '${name}' is unknown`, 'arch list shows all')
  const variantName = oneOf('--variant', flags.variant ?? saved?.variant ?? 'fixed', VARIANTS)
  const variant = variantOf(workload, variantName)
  const population = {
    seed:
      flags.seed === undefined
        ? (saved?.seed ?? DEFAULT_SEED)
        : parseInteger(flags.seed, '--seed', 0, 2 ** 32 - 1),
    size:
      flags.population === undefined
        ? (saved?.population.size ?? workload.defaults.population)
        : parseSize(flags.population, '--population'),
  }
  const choice = chosenStrategies(variant, {
    ...savedStrategies(variant, saved?.strategies ?? {}),
    ...chooseStrategies([workload], variantName, flags.strategy ?? []),
  })
  return {
    workload: { ...workload, stores: chosenStores(workload, variant, choice) },
    variant,
    variantName,
    population,
    choice,
    stores: {
      provider: oneOf('--provider', flags.provider, PROVIDERS),
      topology: parseTopology(flags.topology, storesOf([workload])),
      env: io.env,
      line: lines.line,
    },
  }
}
