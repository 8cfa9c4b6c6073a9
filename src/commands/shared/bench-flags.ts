import type { Command } from 'commander'
import { TOPOLOGY_HELP } from './topology.ts'

/** The flags of `arch bench` as commander leaves them: text, not yet understood. */
export interface BenchFlags {
  readonly scale?: string
  readonly population?: string
  readonly rate: readonly string[]
  readonly profile: string
  readonly suite?: string
  readonly duration?: string
  readonly warmup?: string
  readonly maxDuration?: string
  readonly arrival?: string
  readonly loop: string
  readonly concurrency?: string
  readonly variant: string
  readonly strategy: readonly string[]
  readonly target: readonly string[]
  readonly workers: string
  readonly seed: string
  readonly provider: string
  readonly topology: string
  readonly out: string
  readonly format: string
  readonly json?: boolean
}

/** Gathers the values of a flag that can be repeated. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}

/** Adds the cases and the flags of `arch bench` (cli.md) to `command`. */
export function registerBenchFlags(command: Command): Command {
  return command
    .argument('<case...>', 'cases to run, or `all`')
    .option('--scale <scale>', 'factor on every documented rate: 1/1000, 0.1%, 0.001 (default: per case)')
    .option('--population <size>', 'size of the seeded data: 20000, 20K, 100M (default: per case)')
    .option(
      '--rate <[operation=]rate>',
      "total rate, or one operation's: 2000/s, feed.read=50K/min (repeatable)",
      collect,
      [],
    )
    .option('--profile <name>', 'shape of the traffic', 'steady')
    .option('--suite <name>', 'which part of a case that has suites runs (default: its first)')
    .option(
      '--duration <time>',
      'measured window, fixed: 30s, 5m (default: per case, stretched to enough samples)',
    )
    .option('--warmup <time>', 'discarded window before it, 0s for none (default: per case)')
    .option('--max-duration <time>', 'how far the default window may stretch (default: per case)')
    .option('--arrival <process>', 'poisson or uniform (default: poisson)')
    .option('--loop <kind>', 'open, or closed for comparison only: such a run never passes', 'open')
    .option('--concurrency <number>', 'clients of the closed loop')
    .option('--variant <name>', 'fixed, as-written, or both interleaved on clones of the same data', 'fixed')
    .option('--strategy <name=value>', 'one design decision: fanout=hybrid (repeatable)', collect, [])
    .option('--target <target>', "adds or tightens a target: 'feed.read p99<200ms' (repeatable)", collect, [])
    .option('--workers <number>', 'load-generating worker threads', '1')
    .option('--seed <number>', 'of data, arrivals and inputs', '42')
    .option('--provider <name>', 'auto, native, docker or external', 'auto')
    .option('--topology <name>', TOPOLOGY_HELP, 'single')
    .option('--out <folder>', 'where runs are written', 'reports/')
    .option(
      '--format <formats>',
      'rendered formats, apart by commas; result.json is always written',
      'json,console',
    )
    .option('--json', 'result.json on stdout, and nothing else there')
}
