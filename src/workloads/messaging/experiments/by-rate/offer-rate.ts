import type { ExperimentHost, OfferedLoad, Readings } from '../../../../core/experiment.ts'
import { watchCores } from '../machine.ts'
import type { MessageTable } from './tables.ts'

/** Before what counts, at the same rate. */
const WARMUP_SECONDS = 0.5
/** Writes under way at a time. */
const SLOTS = 256
/** A percentile needs ten samples beyond it (design.md, law 5). */
const NEEDED: Readonly<Record<string, number>> = { p50: 20, p99: 1_000, p999: 10_000, lagP99: 1_000 }

/** A rate and for how long. */
export type OfferedRate = Pick<OfferedLoad, 'perSecond' | 'seconds' | 'seed' | 'signal'>

/** What may be told: no percentile that lies among what was never done, and none of too few samples. */
function told(percentiles: Readonly<Record<string, number>>, samples: number): Readings {
  return Object.fromEntries(
    Object.entries(percentiles).filter(([name, ms]) => Number.isFinite(ms) && samples >= (NEEDED[name] ?? 0)),
  )
}

/** Offers messages to an empty table at one rate. Resolves when nothing of it is under way any more. */
export async function offerRate(
  table: MessageTable,
  host: Pick<ExperimentHost, 'offer'>,
  rate: OfferedRate,
): Promise<Readings> {
  await table.empty()
  const underWay = new Set<Promise<unknown>>()
  const busy = watchCores()
  const report = await host.offer({
    ...rate,
    warmupSeconds: WARMUP_SECONDS,
    slots: SLOTS,
    async work(number) {
      const write = table.write(number)
      underWay.add(write)
      try {
        await write
      } finally {
        underWay.delete(write)
      }
    },
  })
  const busyPercent = busy()
  // What was given up belongs to this trial all the same.
  await Promise.allSettled(underWay)
  const { offeredPerSecond, achievedPerSecond, offered, failed, dropped, p50, p99, p999, lagP99 } = report
  return {
    offered: offeredPerSecond,
    achieved: achievedPerSecond,
    missed: failed + dropped,
    busy: busyPercent,
    ...told({ p50, p99, p999, lagP99 }, offered),
  }
}
