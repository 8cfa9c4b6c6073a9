// The relay and the consumers of the commerce case in this process.
import type { FlowEnd } from '../../src/core/operation.ts'
import type { RoleHost, RunningRole } from '../../src/core/workload.ts'
import type { Stores } from '../../src/core/store.ts'
import { workload } from '../../src/workloads/commerce/index.ts'
import { eventually } from './context.ts'

/** Roles that run in this process. */
export interface TestRoles {
  /** The ends of flows that they reported. */
  readonly ends: FlowEnd[]
  /** Resolves when each of them says that nothing is left to do. */
  settled(): Promise<void>
  /** What each consumer group has yet to read. */
  lag(): Promise<Readonly<Record<string, number>>>
  close(): Promise<void>
}

/** All roles of the fixed variant. */
export const ROLES: readonly string[] = Object.keys(workload.variants.fixed.roles)

/** Starts roles, all of them unless some are named. */
export async function rolesHere(stores: Stores, names: readonly string[] = ROLES): Promise<TestRoles> {
  const ends: FlowEnd[] = []
  const host: RoleHost = {
    flowEnds: (seen) => ends.push(...seen),
    signal: new AbortController().signal,
    witness: () => undefined,
    faultPoint: () => undefined,
  }
  const running = await Promise.all(
    names.map((name): Promise<RunningRole> => {
      const begin = workload.variants.fixed.roles[name]
      if (begin === undefined) throw new Error(`no role ${name}`)
      return begin(stores, { seed: 1, size: 100 }, {}, host)
    }),
  )
  return {
    ends,
    async settled() {
      for (const role of running) await eventually(() => role.drained())
    },
    async lag() {
      const told = await Promise.all(running.map(async (role) => (await role.lag?.()) ?? {}))
      return Object.fromEntries(told.flatMap((each) => Object.entries(each)))
    },
    async close() {
      await Promise.all(running.map((role) => role.close()))
    },
  }
}
