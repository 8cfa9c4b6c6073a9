import { resolve } from 'node:path'
import { usageError } from '../../core/errors.ts'
import type { ArchError } from '../../core/errors.ts'
import { parseTarget } from '../../core/expressions.ts'
import { formatDurationMs, parseDurationMs, parseInteger, parseScale, parseSize } from '../../core/units.ts'
import type { Workload } from '../../core/workload.ts'
import { reportFormats } from '../../reporters/discover.ts'
import type { BenchOptions } from '../../session/bench-options.ts'
import { inSuite } from '../../session/suites.ts'
import { oneOf } from './one-of.ts'
import { chooseRates, chooseStrategies, checkProfile, checkTarget } from './bench-names.ts'
import type { BenchFlags } from './bench-flags.ts'
import { parseTopology, storesOf } from './topology.ts'

const LARGEST_WORKERS = 64
const LARGEST_CONCURRENCY = 100_000

function contradiction(message: string, hint: string): ArchError {
  return usageError(`contradiction: ${message}`, hint)
}

function seconds(text: string | undefined, flag: string): number | undefined {
  return text === undefined ? undefined : parseDurationMs(text, flag) / 1_000
}

/** A warm-up may be none at all. */
function warmupSeconds(text: string | undefined): number | undefined {
  return text !== undefined && /^0+(?:ms|s|m|h)?$/.test(text) ? 0 : seconds(text, '--warmup')
}

function readWindow(
  flags: BenchFlags,
): Pick<BenchOptions, 'durationSeconds' | 'warmupSeconds' | 'maxDurationSeconds'> {
  const durationSeconds = seconds(flags.duration, '--duration')
  const maxDurationSeconds = seconds(flags.maxDuration, '--max-duration')
  if (
    durationSeconds !== undefined &&
    maxDurationSeconds !== undefined &&
    durationSeconds > maxDurationSeconds
  ) {
    const [window, limit] = [durationSeconds, maxDurationSeconds].map((value) =>
      formatDurationMs(value * 1_000),
    )
    throw contradiction(
      `--duration ${window} is longer than --max-duration ${limit}`,
      'an explicit --duration is the window; --max-duration only bounds how far the default one stretches',
    )
  }
  return { durationSeconds, warmupSeconds: warmupSeconds(flags.warmup), maxDurationSeconds }
}

function readLoop(flags: BenchFlags): Pick<BenchOptions, 'loop' | 'concurrency' | 'arrival'> {
  const loop = oneOf('--loop', flags.loop, ['open', 'closed'])
  const arrival = oneOf('--arrival', flags.arrival ?? 'poisson', ['poisson', 'uniform'])
  if (loop === 'open') {
    if (flags.concurrency !== undefined)
      throw contradiction(
        '--concurrency belongs to a closed loop, and the loop is open',
        'an open loop has rates: --rate 2000/s; or add --loop closed (such a run never passes)',
      )
    return { loop, arrival, concurrency: undefined }
  }
  if (flags.concurrency === undefined)
    throw contradiction('--loop closed needs --concurrency', 'e.g. --loop closed --concurrency 50')
  if (flags.arrival !== undefined)
    throw contradiction('--loop closed has no arrival process', 'leave out --arrival')
  if (flags.rate.length > 0)
    throw contradiction('--loop closed has no rate: it goes as fast as it is answered', 'leave out --rate')
  return {
    loop,
    arrival,
    concurrency: parseInteger(flags.concurrency, '--concurrency', 1, LARGEST_CONCURRENCY),
  }
}

function readPopulation(workloads: readonly Workload[], text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const size = parseSize(text, '--population')
  for (const { name, documentedPopulation: documented } of workloads) {
    if (size > documented.size)
      throw usageError(
        `--population ${text} is more than the documented ${documented.size.toLocaleString('en-US')} ${documented.unit} of ${name}`,
        `at most ${documented.size}, e.g. --population 20K`,
      )
  }
  return size
}

/** Flags about traffic, which queries have none of. */
const OF_TRAFFIC = ['scale', 'duration', 'warmup', 'maxDuration', 'arrival', 'concurrency'] as const

/** @throws ArchError (exit code 2) for a flag that a suite of queries has no use for */
function checkQueryFlags({ suite }: Workload, flags: BenchFlags): void {
  if (suite?.queries === undefined) return
  const dashed = (name: string): string =>
    `--${name.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`)}`
  const given = [
    ...OF_TRAFFIC.filter((name) => flags[name] !== undefined).map(dashed),
    ...(flags.rate.length > 0 ? ['--rate'] : []),
    ...(flags.target.length > 0 ? ['--target'] : []),
    ...(flags.profile === 'steady' ? [] : ['--profile']),
    ...(flags.loop === 'open' ? [] : ['--loop']),
    ...(flags.workers === '1' ? [] : ['--workers']),
  ]
  if (given.length > 0)
    throw contradiction(
      `${given.join(', ')} with --suite ${suite.name}, which asks queries one after the other`,
      'queries have a protocol of their own: leave out what is about traffic',
    )
}

/** @throws ArchError (exit code 2) for a variant that the suite has not */
function checkVariant({ suite }: Workload, variant: BenchOptions['variant']): void {
  if (suite !== undefined && variant !== 'fixed' && !suite.variants.includes('as-written'))
    throw contradiction(
      `--variant ${variant} with --suite ${suite.name}, which there is for ${suite.variants.join(', ')} only`,
      'leave out --variant',
    )
}

function readFormats(text: string): readonly string[] {
  const known = reportFormats()
  const formats = text.split(',').map((part) => oneOf('--format', part.trim(), known))
  return [...new Set(['json', ...formats])]
}

/**
 * Understands the flags of `arch bench` and checks them against the workloads, before anything is started.
 * @throws ArchError (exit code 2): one line with the flag, its value and what would do
 */
export function readBenchOptions(cases: readonly Workload[], flags: BenchFlags, cwd: string): BenchOptions {
  const variant = oneOf('--variant', flags.variant, ['fixed', 'as-written', 'both'])
  const workloads = cases.map((each) => inSuite(each, flags.suite))
  for (const workload of workloads) {
    checkQueryFlags(workload, flags)
    checkVariant(workload, variant)
  }
  const targets = flags.target.map((text) => parseTarget(text, '--target'))
  for (const target of targets) checkTarget(workloads, target)
  checkProfile(workloads, flags.profile)
  if (flags.out.trim() === '') throw usageError("--out '' is no folder", 'e.g. --out reports/')
  return {
    workloads,
    scale: flags.scale === undefined ? undefined : parseScale(flags.scale, '--scale'),
    population: readPopulation(workloads, flags.population),
    ...chooseRates(workloads, flags.rate),
    profile: flags.profile,
    suite: flags.suite,
    ...readWindow(flags),
    ...readLoop(flags),
    variant,
    strategies: chooseStrategies(workloads, variant, flags.strategy),
    targets,
    workers: parseInteger(flags.workers, '--workers', 1, LARGEST_WORKERS),
    seed: parseInteger(flags.seed, '--seed', 0, Number.MAX_SAFE_INTEGER),
    provider: oneOf('--provider', flags.provider, ['auto', 'native', 'docker', 'external']),
    topology: parseTopology(flags.topology, storesOf(workloads)),
    out: resolve(cwd, flags.out),
    formats: readFormats(flags.format),
    json: flags.json === true,
  }
}
