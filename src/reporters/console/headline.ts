import type { QueriesResult, Result } from '../../core/result.ts'
import { milliseconds, percent, quantity, seconds, whole } from '../numbers.ts'
import { factLine } from '../table.ts'

function rateFacts(result: Result): string[] {
  const { rates } = result
  return [
    `documented ${quantity(rates.documented)}/s × scale ${result.scale} = target ${quantity(rates.target)}/s`,
    `scheduled ${quantity(rates.scheduled)}/s`,
    `offered ${quantity(rates.offered)}/s`,
    `achieved ${quantity(rates.achieved)}/s`,
  ]
}

/** Arrivals that asked for something else than the model means: a fact of the run wherever there are any (law 7). */
function standInFacts(result: Result): string[] {
  const some = result.operations.filter(({ standIns }) => standIns > 0)
  if (some.length === 0) return []
  return [`stand-ins: ${some.map(({ name, standIns }) => `${name} ${whole(standIns)}`).join(', ')}`]
}

function drainMark({ drain }: Result['phases']): string {
  if (drain === undefined) return ''
  const mark = drain.decided ? (drain.met ? '✓' : '✗') : '?'
  return ` (${drain.why}: <${seconds(drain.belowSeconds)} ${mark})`
}

function trafficFacts(result: Result): string[] {
  const { population, mix, phases } = result
  return [
    `population ${whole(population.size)} ${population.unit} (${percent(population.share)} of documented × scale)`,
    `skew ${result.skew}`,
    `reads ${percent(mix.readShare)} (expected ${percent(mix.expected)})`,
    result.loop === 'open'
      ? `${result.arrival}, open loop`
      : `closed loop of ${result.concurrency ?? 0}: never passes`,
    `window ${seconds(phases.measureSeconds)} after ${seconds(phases.warmupSeconds)} warm-up`,
    `drain ${seconds(phases.drainSeconds)}${drainMark(phases)}`,
    `seed ${result.seed}`,
    `workers ${result.workers}`,
    `slots ${result.slots}`,
    ...(result.poolSize === undefined ? [] : [`pool ${result.poolSize}`]),
    `probes ${whole(result.probes)}`,
    ...standInFacts(result),
  ]
}

/** The table that queries were asked about, and how. */
function queryFacts(result: Result, { rows, bytesOnDisk, bytesRaw, protocol }: QueriesResult): string[] {
  const { population } = result
  const perRow = rows === 0 ? 0 : bytesOnDisk / rows
  const ratio = bytesOnDisk === 0 ? 0 : bytesRaw / bytesOnDisk
  return [
    `population ${whole(population.size)} ${population.unit} (${percent(population.share)} of documented × scale)`,
    `${whole(rows)} rows of ${perRow.toFixed(1)} bytes on disk, compressed ${ratio.toFixed(1)} to 1`,
    `skew ${result.skew}`,
    `seed ${result.seed}`,
    protocol,
  ]
}

function storeFacts(result: Result): string[] {
  return result.stores.map((store) => {
    const settings = Object.entries(store.settings).map(([name, value]) => `${name}=${value}`)
    const basis = settings.length === 0 ? '' : ` (${settings.join(', ')})`
    const survives = store.acknowledgedSurvives
    return `${store.name} ${store.version} ${store.provider} ${store.topology}, acknowledged survives ${survives}${basis}`
  })
}

function machineFacts(result: Result): string[] {
  const { machine, generator } = result
  const load = (average: readonly number[]): string => (average[0] ?? 0).toFixed(1)
  const floor = generator.noiseFloor
  const lag = generator.watchdogLagMs
  return [
    `${machine.cores} × ${machine.model}`,
    `${quantity(machine.memoryBytes / 2 ** 30)} GiB`,
    machine.platform,
    `node ${machine.node}`,
    `load ${load(machine.loadAverageStart)} → ${load(machine.loadAverageEnd)}`,
    floor === null
      ? ''
      : `noise floor ${whole(floor.nanosecondsPerArrival)} ns an arrival, dispatch lag p99 ${milliseconds(floor.dispatchLagMs.p99)} ms`,
    lag.count === 0
      ? ''
      : `machine woke late p99 ${milliseconds(lag.p99)} ms, max ${milliseconds(lag.max)} ms`,
  ]
}

/** The title of a run and its honest line (law 6), wrapped to `columns`. */
export function headline(result: Result, columns: number, bold: (text: string) => string): string {
  const choices = Object.entries(result.strategies).map(([name, value]) => `${name}=${value}`)
  const part = result.suite === undefined ? [] : [`suite ${result.suite}`]
  const shape = result.queries === undefined ? [`profile ${result.profile}`] : []
  const title = factLine([result.workload, result.variant, ...part, ...shape, ...choices], columns)
  const asked =
    result.queries === undefined
      ? [rateFacts(result), trafficFacts(result)]
      : [queryFacts(result, result.queries)]
  const paragraphs = [...asked, storeFacts(result), machineFacts(result)]
  const when = factLine(
    [
      `arch ${result.arch.version}${result.arch.commit === null ? '' : ` (${result.arch.commit})`}`,
      result.startedAt,
      result.seedSummary,
    ],
    columns,
  )
  return [bold(title), when, ...paragraphs.map((facts) => factLine(facts, columns))].join('\n')
}
