// `npm run bench:engine [-- --minutes 10]`: what the load generator costs by itself, with an operation that does
// nothing. `--minutes` offers 10,000/s for so long and shows that memory stays flat.
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { walkArrivals } from '../../src/engine/arrivals.ts'
import { summarise } from '../../src/engine/histogram.ts'
import { loadNoOp } from '../../src/engine/noise.ts'

const WARM_UP_SECONDS = 0.1
/** A worker that offers more than 16,000/s is busy anyway: it polls when the next arrival is less than 1 ms away. */
const BUSY_FROM_PER_SECOND = 16_000
const POLL_WITHIN_MICROS = 1_000

const { values } = parseArgs({ options: { minutes: { type: 'string' } } })
const minutes = values.minutes === undefined ? 0 : Number(values.minutes)
if (!(minutes >= 0))
  throw new RangeError(`--minutes ${values.minutes} is not a number of minutes, such as 10`)

const pollWithin = (perSecond: number): number | undefined =>
  perSecond > BUSY_FROM_PER_SECOND ? POLL_WITHIN_MICROS : undefined
const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MB`
const ms = (value: number): string => `${value.toFixed(3)} ms`

function walkRate(): number {
  const names = Array.from({ length: 17 }, (_, index) => `operation ${index}`)
  const streams = names.map((operation) => ({ operation, stream: 'mix' as const, perSecond: 60_000 }))
  const plan = {
    seed: 1,
    process: 'poisson' as const,
    phases: [{ phase: 'measure' as const, seconds: 1, streams }],
  }
  const walker = walkArrivals(plan, names, 0, 4)
  const before = performance.now()
  while (walker.next());
  return (60_000 * names.length) / ((performance.now() - before) / 1e3)
}

async function flatOut(): Promise<void> {
  await loadNoOp(1_000_000, WARM_UP_SECONDS)
  const { report, seconds } = await loadNoOp(10_000_000, 0.05)
  const rate = Math.round(report.outcomes.ok / seconds).toLocaleString('en-US')
  console.log(`flat out                ${rate} arrivals/s on one thread`)
}

async function lagAt(perSecond: number): Promise<void> {
  const cpu = process.cpuUsage()
  const { report, seconds } = await loadNoOp(perSecond, 4, pollWithin(perSecond))
  const used = process.cpuUsage(cpu)
  const lag = report.measures.dispatchLag
  if (lag === undefined) throw new RangeError('a load without arrivals')
  const { p50, p99, p999, max } = summarise(lag)
  const core = Math.round((used.user + used.system) / 1e4 / seconds)
  console.log(
    `dispatch lag at ${String(perSecond).padStart(6)}/s p50 ${ms(p50)}  p99 ${ms(p99)}  p99.9 ${ms(p999)}  max ${ms(max)}  (${core} % of a core)`,
  )
}

/** One run of 10,000/s, with the resident and heap memory of every minute. */
async function memoryOver(total: number): Promise<void> {
  let minute = 0
  const timer = setInterval(() => {
    minute += 1
    globalThis.gc?.()
    const { heapUsed, rss } = process.memoryUsage()
    console.log(`after ${minute} min             heap ${megabytes(heapUsed)}  resident ${megabytes(rss)}`)
  }, 60_000)
  await loadNoOp(10_000, total * 60 + 0.5)
  clearInterval(timer)
}

console.log(`node ${process.version}, ${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}`)
console.log(
  `walking                 ${Math.round(walkRate()).toLocaleString('en-US')} arrivals/s of 17 operations, every fourth one's own`,
)
await flatOut()
globalThis.gc?.()
const heapBefore = process.memoryUsage().heapUsed
for (const perSecond of [10_000, 25_000, 50_000]) await lagAt(perSecond)
globalThis.gc?.()
console.log(
  `heap growth             ${megabytes(process.memoryUsage().heapUsed - heapBefore)} over 340,000 arrivals`,
)
if (minutes > 0) await memoryOver(minutes)
