import { execFileSync } from 'node:child_process'
import { join, relative } from 'node:path'
import { mkdir } from 'node:fs/promises'
import type { VariantName } from '../core/names.ts'
import type { Result } from '../core/result.ts'
import type { Workload } from '../core/workload.ts'
import { renderComparison } from '../reporters/comparison.ts'
import { loadReporter } from '../reporters/discover.ts'
import { runBench } from '../session/bench.ts'
import type { BenchHost } from '../session/bench.ts'
import type { BenchOptions } from '../session/bench-options.ts'
import { claimInstance } from '../session/claim.ts'
import { compareVariants } from '../session/compare-variants.ts'
import { planRun } from '../session/plan.ts'
import { openReportFolder } from '../session/report-folder.ts'
import type { ReportFolder } from '../session/report-folder.ts'
import { offeredTraffic } from '../session/traffic.ts'
import { interleaved, solo } from '../session/turns.ts'
import type { Turn } from '../session/turns.ts'
import type { CommandIo, CommandModule } from './command.ts'
import { registerBenchFlags } from './shared/bench-flags.ts'
import type { BenchFlags } from './shared/bench-flags.ts'
import { readBenchOptions } from './shared/bench-options.ts'
import { usesColour } from './shared/colours.ts'
import { progressLines } from './shared/progress.ts'
import { selectCases } from './shared/select-cases.ts'

/** The commit of a checkout; null in an installed package. */
function commitOf(folder: string): string | null {
  try {
    const commit = execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], { cwd: folder, stdio: 'pipe' })
    return commit.toString().trim()
  } catch {
    return null
  }
}

function hostOf(io: CommandIo): BenchHost & { clear(): void } {
  const lines = progressLines(io)
  return {
    arch: { version: io.version, commit: commitOf(io.packageRoot) },
    env: io.env,
    signal: io.interruptSignal(),
    progress: lines.progress,
    line: lines.line,
    clear: lines.clear,
    now: () => io.now(),
  }
}

/** The path as the user would type it. */
function shown(io: CommandIo, path: string): string {
  const near = relative(io.cwd, path)
  return near.startsWith('..') ? path : near
}

async function writeResult(
  result: Result,
  folder: ReportFolder,
  within: string,
  formats: readonly string[],
): Promise<void> {
  for (const format of new Set(['json', ...formats])) {
    const reporter = await loadReporter(format)
    const text = reporter.render(result, { columns: 120, colour: false, folder: undefined })
    await folder.write(join(within, reporter.file), text)
  }
}

async function print(io: CommandIo, result: Result, folder: string, json: boolean): Promise<void> {
  const reporter = await loadReporter(json ? 'json' : 'console')
  const colour = usesColour(io, io.stdout)
  io.stdout.write(reporter.render(result, { columns: io.stdout.columns, colour, folder }))
}

async function runOne(
  workload: Workload,
  variant: VariantName,
  options: BenchOptions,
  folder: ReportFolder,
  within: string,
  host: BenchHost,
  turn: Turn = solo,
): Promise<Result> {
  const path = join(folder.path, within)
  await mkdir(path, { recursive: true })
  // From here on the folder says what became of the run, whatever ends this process.
  const begun = (unended: Result): Promise<void> => writeResult(unended, folder, within, [])
  try {
    const result = await runBench({ workload, variant, options, folder: path, turn, begun }, host)
    await writeResult(result, folder, within, options.formats)
    return result
  } catch (failure) {
    await folder.discard(within, (await loadReporter('json')).file)
    throw failure
  }
}

/** What the flags leave open, as the case wants it for a comparison of its variants. */
function comparisonOptions(workload: Workload, options: BenchOptions): BenchOptions {
  const { both } = workload.defaults
  if (both === undefined || options.scale !== undefined || options.totalRate !== undefined) return options
  return {
    ...options,
    scale: both.scale,
    population: options.population ?? both.population,
    maxDurationSeconds: options.maxDurationSeconds ?? both.maxDurationSeconds,
  }
}

/** What a variant tells, so that it is seen which one says it. */
function speaking(host: BenchHost, variant: VariantName, signal: AbortSignal): BenchHost {
  return {
    ...host,
    signal,
    line: (text) => host.line(`${variant.padEnd(10)}  ${text}`),
    progress: (step, ...rest) => host.progress(`${variant} ${step}`, ...rest),
  }
}

/**
 * Both variants at a time, in the order fixed, as written, as written, fixed (law 8).
 * @throws what one of them threw, once the other has ended, too
 */
async function runInTurns(
  workload: Workload,
  options: BenchOptions,
  folder: ReportFolder,
  host: BenchHost,
): Promise<Readonly<Record<VariantName, Result>>> {
  const { warmupSeconds, measureSeconds } = planRun(workload, offeredTraffic(workload, options), options)
  const [first, second] = interleaved(warmupSeconds, measureSeconds)
  const failed = new AbortController()
  const signal = AbortSignal.any([host.signal, failed.signal])
  const run = (variant: VariantName, turn: Turn): Promise<Result> =>
    runOne(workload, variant, options, folder, variant, speaking(host, variant, signal), turn).catch(
      (error: unknown) => {
        failed.abort()
        throw error
      },
    )
  const ended = await Promise.allSettled([run('fixed', first), run('as-written', second)])
  const [fixed, asWritten] = ended
  if (fixed.status === 'rejected') throw fixed.reason
  if (asWritten.status === 'rejected') throw asWritten.reason
  return { fixed: fixed.value, 'as-written': asWritten.value }
}

/** Both variants interleaved on clones of the same data; the exit code is the fixed one's. */
async function runBoth(
  io: CommandIo,
  workload: Workload,
  asked: BenchOptions,
  folder: ReportFolder,
): Promise<Result> {
  const host = hostOf(io)
  const options = comparisonOptions(workload, asked)
  const { fixed, 'as-written': asWritten } = await runInTurns(workload, options, folder, host)
  host.clear()
  const comparison = compareVariants(workload.variants['as-written'].defects, asWritten, fixed)
  await folder.write('comparison.json', `${JSON.stringify(comparison, undefined, 2)}\n`)
  await folder.publish()
  if (!options.json) await print(io, asWritten, shown(io, join(folder.path, 'as-written')), false)
  await print(io, fixed, shown(io, join(folder.path, 'fixed')), options.json)
  const colour = usesColour(io, io.stdout)
  const text = renderComparison(comparison, {
    columns: io.stdout.columns,
    colour,
    folder: shown(io, folder.path),
  })
  if (!options.json) io.stdout.write(text)
  return fixed
}

async function runCase(io: CommandIo, workload: Workload, options: BenchOptions): Promise<Result> {
  const release = await claimInstance(workload.name, io.env)
  try {
    const folder = await openReportFolder(options.out, workload.name, io.now())
    try {
      return await runIn(io, workload, options, folder)
    } finally {
      await folder.discardEmpty()
    }
  } finally {
    await release()
  }
}

async function runIn(
  io: CommandIo,
  workload: Workload,
  options: BenchOptions,
  folder: ReportFolder,
): Promise<Result> {
  if (options.variant === 'both') return runBoth(io, workload, options, folder)
  const host = hostOf(io)
  const result = await runOne(workload, options.variant, options, folder, '', host)
  host.clear()
  await folder.publish()
  await print(io, result, shown(io, folder.path), options.json)
  return result
}

/** `arch bench`: the main job. */
export const command: CommandModule = {
  name: 'bench',
  summary: 'up, seed, warm up, measure, drain, audit, verdict: the main job',
  examples: [
    'arch bench social',
    'arch bench social --scale 1/200 --workers 2',
    'arch bench social --profile viral --strategy counter=row',
    'arch bench social --variant both',
    "arch bench social --target 'feed.read p99<50ms' --json > result.json",
  ],
  register(commander, io) {
    registerBenchFlags(commander).action(async (cases: readonly string[], flags: BenchFlags) => {
      const workloads = await selectCases(cases)
      const options = readBenchOptions(workloads, flags, io.cwd)
      // What no window can decide is refused before anything starts.
      for (const workload of options.workloads) planRun(workload, offeredTraffic(workload, options), options)
      for (const workload of options.workloads) {
        const result = await runCase(io, workload, options)
        // Of several cases the first that did not pass decides; an interruption ends them all.
        if (io.exitCode === 0) io.exitCode = result.exitCode
        if (result.exitCode === 130) break
      }
    })
  },
}
