// What every test of an application needs: a context to call it with, and a way to wait for something without sleeping.
import { setTimeout as delay } from 'node:timers/promises'
import { newCost } from '../../src/core/cost.ts'
import type { Context } from '../../src/core/operation.ts'
import type { RoleHost } from '../../src/core/workload.ts'

const PATIENCE_MS = 60_000

/** A context that counts its cost. */
export function newContext(): Context {
  return {
    deadlineAt: Number.POSITIVE_INFINITY,
    signal: new AbortController().signal,
    cost: newCost(),
    faultPoint: () => undefined,
  }
}

/** Looks until something holds. @throws Error when it has not held for a minute */
export async function eventually(holds: () => Promise<boolean> | boolean): Promise<void> {
  const until = performance.now() + PATIENCE_MS
  while (!(await holds())) {
    if (performance.now() > until) throw new Error('it has not held for a minute')
    await delay(5)
  }
}

/** Where a role that a test starts lives: nobody listens, unless the test says who. */
export function roleHost(changes: Partial<RoleHost> = {}): RoleHost {
  return {
    flowEnds: () => undefined,
    signal: new AbortController().signal,
    witness: () => undefined,
    faultPoint: () => undefined,
    ...changes,
  }
}
