/** What a closed loop saw. */
export interface LoopReport {
  readonly seconds: number
  /** Of each piece of work, in milliseconds, ascending. */
  readonly latencies: Float64Array
}

/**
 * Clients that each do one piece of work after the other, all at once. A closed loop: what is slow asks less, so its
 * percentiles are for comparison with others of its kind only (design.md, law 1).
 * @param work is given the client, from 0, and the number of its piece of work, from 0; it does not throw for what is data
 */
export async function closedLoop(
  clients: number,
  perClient: number,
  signal: AbortSignal,
  work: (client: number, number: number) => Promise<void>,
): Promise<LoopReport> {
  const latencies: number[] = []
  const client = async (index: number): Promise<void> => {
    for (let number = 0; number < perClient && !signal.aborted; number += 1) {
      const from = performance.now()
      await work(index, number)
      latencies.push(performance.now() - from)
    }
  }
  const from = performance.now()
  await Promise.all(Array.from({ length: clients }, (_, index) => client(index)))
  return { seconds: (performance.now() - from) / 1e3, latencies: Float64Array.from(latencies).sort() }
}

/** The nearest-rank percentile of ascending values; 0 without any. @param share .99 for p99 */
export function percentileOf(ascending: Float64Array, share: number): number {
  return ascending[Math.max(0, Math.ceil(share * ascending.length) - 1)] ?? 0
}
