import { setTimeout as sleep } from 'node:timers/promises'

/** Before another attempt, at first. */
export const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1_000

/** Waits, or less when `signal` aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}

/** 50, 100, 200 ... 1,000, 1,000 ms. */
export function* growingPauses(): Generator<number, never> {
  for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(2 * wait, LONGEST_PAUSE_MS)) yield wait
}
