import { usageError } from '../../core/errors.ts'
import { parseChoice, parseRateOverride } from '../../core/expressions.ts'
import type { TargetExpression } from '../../core/expressions.ts'
import type { VariantName } from '../../core/names.ts'
import type { Target } from '../../core/operation.ts'
import { suggestion } from '../../core/suggest.ts'
import { formatDurationMs, formatPercentile } from '../../core/units.ts'
import type { Variant, Workload } from '../../core/workload.ts'
import type { Strategy, StrategyChoice } from '../../core/strategy.ts'
import type { BenchOptions } from '../../session/bench-options.ts'

const LISTED = 'arch list shows operations, parts, profiles and strategies of every case'

function unknown(flag: string, what: string, name: string, candidates: readonly string[]): Error {
  if (candidates.length === 0)
    return usageError(`${flag}: there is no ${what} '${name}', nor any other`, LISTED)
  return usageError(`${flag}: there is no ${what} '${name}': ${suggestion(name, candidates)}`, LISTED)
}

/** @throws ArchError (exit code 2) unless every workload has the profile */
export function checkProfile(workloads: readonly Workload[], profile: string): void {
  for (const workload of workloads) {
    const profiles = Object.keys(workload.profiles)
    if (!profiles.includes(profile))
      throw unknown('--profile', `profile of ${workload.name}`, profile, profiles)
  }
}

/** The operations and flows of that name, with their targets and parts. */
function subjects(
  workloads: readonly Workload[],
): { name: string; parts: readonly string[]; targets: readonly Target[] }[] {
  return workloads.flatMap((workload) => [
    ...workload.operations.map(({ name, parts, targets }) => ({
      name,
      parts: Object.keys(parts ?? {}),
      targets,
    })),
    ...workload.flows.map(({ name, targets }) => ({ name, parts: [], targets })),
  ])
}

/**
 * A target by flag names what is there, and is no looser than the model's own.
 * @throws ArchError (exit code 2)
 */
export function checkTarget(workloads: readonly Workload[], target: TargetExpression): void {
  const all = subjects(workloads)
  const found = all.filter((subject) => subject.name === target.name)
  if (found.length === 0)
    throw unknown(
      '--target',
      'operation or flow',
      target.name,
      all.map((subject) => subject.name),
    )
  const { part } = target
  const parts = found.flatMap((subject) => subject.parts)
  if (part !== undefined && !parts.includes(part))
    throw unknown('--target', `part of ${target.name}`, part, parts)
  const own = found
    .flatMap((subject) => subject.targets)
    .find((candidate) => candidate.part === part && candidate.percentile === target.percentile)
  if (own !== undefined && own.belowMs < target.belowMs)
    throw usageError(
      `--target: ${formatPercentile(own.percentile)}<${formatDurationMs(target.belowMs)} is looser than the model's ` +
        `${formatDurationMs(own.belowMs)} for ${target.name}`,
      'a target may be added or tightened, not relaxed',
    )
}

/**
 * The rates that the flags set.
 * @throws ArchError (exit code 2) for an unknown operation, one rate given twice, or parts above the total
 */
export function chooseRates(
  workloads: readonly Workload[],
  texts: readonly string[],
): Pick<BenchOptions, 'totalRate' | 'rates'> {
  const names = workloads.flatMap((workload) => workload.operations.map((operation) => operation.name))
  const parsed = texts.map((text) => parseRateOverride(text, '--rate'))
  const seen = new Set<string | undefined>()
  for (const { operation } of parsed) {
    if (seen.has(operation))
      throw usageError(`contradiction: --rate sets ${operation ?? 'the total'} twice`, 'give each rate once')
    if (operation !== undefined && !names.includes(operation))
      throw unknown('--rate', 'operation', operation, names)
    seen.add(operation)
  }
  const totalRate = parsed.find((rate) => rate.operation === undefined)?.perSecond
  const rates = parsed.flatMap(({ operation, perSecond }) =>
    operation === undefined ? [] : [{ operation, perSecond }],
  )
  const sum = rates.reduce((total, rate) => total + rate.perSecond, 0)
  if (totalRate !== undefined && sum > totalRate)
    throw usageError(
      `contradiction: the rates of single operations, ${sum}/s, exceed the total, ${totalRate}/s`,
      'raise the total',
    )
  return { totalRate, rates }
}

function strategiesOf(
  workload: Workload,
  variant: BenchOptions['variant'],
): Readonly<Record<string, Strategy>>[] {
  const names: readonly VariantName[] = variant === 'both' ? ['as-written', 'fixed'] : [variant]
  const variants: readonly Variant[] = names.map((name) => workload.variants[name])
  return variants.map((each) => each.strategies)
}

/** The suites that have a strategy of that name for themselves. */
function suitesWith(workloads: readonly Workload[], strategy: string): readonly string[] {
  return workloads.flatMap(({ suites = {} }) =>
    Object.entries(suites).flatMap(([name, { strategies = {} }]) =>
      Object.hasOwn(strategies, strategy) ? [name] : [],
    ),
  )
}

/**
 * The strategies that the flags choose, of the variants that will run.
 * @throws ArchError (exit code 2) for an unknown strategy or value, or one strategy chosen twice
 */
export function chooseStrategies(
  workloads: readonly Workload[],
  variant: BenchOptions['variant'],
  texts: readonly string[],
): StrategyChoice {
  const known = workloads.flatMap((workload) => strategiesOf(workload, variant))
  const chosen = new Map<string, string>()
  for (const text of texts) {
    const { name, value } = parseChoice(text, '--strategy')
    const found = known.flatMap((strategies) =>
      Object.hasOwn(strategies, name) ? (strategies[name] ?? []) : [],
    )
    const names = [...new Set(known.flatMap((strategies) => Object.keys(strategies)))]
    const [suite] = found.length === 0 ? suitesWith(workloads, name) : []
    if (suite !== undefined)
      throw usageError(
        `--strategy ${text}: '${name}' is a strategy of --suite ${suite} alone`,
        `add --suite ${suite}`,
      )
    if (found.length === 0) throw unknown('--strategy', `strategy of variant ${variant}`, name, names)
    const values = [...new Set(found.flatMap((strategy) => strategy.values))]
    if (!values.includes(value)) throw unknown('--strategy', `value of ${name}`, value, values)
    if (chosen.has(name) && chosen.get(name) !== value)
      throw usageError(
        `contradiction: --strategy ${name} is both ${chosen.get(name) ?? ''} and ${value}`,
        'choose one',
      )
    chosen.set(name, value)
  }
  return Object.fromEntries(chosen)
}
