import type { AnyOperation } from '../core/operation.ts'
import type { OfferedTraffic } from './traffic.ts'

type Share = NonNullable<AnyOperation['refusalShare']>

/** What a surge and the mix beside it ask for; rates in arrivals a second. */
export interface SellOut {
  readonly mixPerSecond: number
  readonly surgePerSecond: number
  /** Arrivals of the surge that are served. */
  readonly lasts: number
  /** The mix's own share. */
  readonly own: Share | undefined
}

/** Arrivals that fail or come twice, and units that come back, move the share by no more than this. */
const SPREAD = 0.01

/** The largest share of refusals that a surge can bring about, in a window of any length: all of it is refused. */
export function mostRefused({ mixPerSecond, surgePerSecond, own }: SellOut): number {
  return Math.min(1, surgePerSecond / (mixPerSecond + surgePerSecond) + (own?.[1] ?? 0))
}

/**
 * The share of refusals in a window of so many seconds, in which the surge begins: what it asks for lasts for a while, and
 * then all of it is refused. Neither an item that was sold out before nor one that never is gets past it, so long as the
 * window is long enough to tell.
 */
export function surgeRefusals(sellOut: SellOut, seconds: number): Share {
  const { mixPerSecond, surgePerSecond, lasts, own } = sellOut
  const refused = Math.max(0, surgePerSecond * seconds - lasts)
  const share = refused / ((mixPerSecond + surgePerSecond) * seconds)
  return [Math.max(0, share - SPREAD), Math.min(1, share + (own?.[1] ?? 0) + SPREAD)]
}

/** The traffic with the refusals that are expected in a window of so many seconds. */
export function inWindow(traffic: OfferedTraffic, seconds: number): OfferedTraffic {
  if (seconds === 0) return traffic
  const operations = traffic.operations.map((offered) => {
    if (offered.sellOut === undefined) return offered
    const refusalShare = surgeRefusals(offered.sellOut, seconds)
    return { ...offered, operation: { ...offered.operation, refusalShare } }
  })
  return { ...traffic, operations }
}
