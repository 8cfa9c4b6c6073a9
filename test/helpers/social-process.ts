// Processes of the fixed social application in a test: each with connections, caches and a subscription of its own,
// over the same real stores, watched at the door to PostgreSQL.
import t from 'tap'
import type { StrategyChoice } from '../../src/core/workload.ts'
import { closeStores, connectStores } from '../../src/session/up.ts'
import type { PostgresClient } from '../../src/stores/postgres/client.ts'
import { openFixed } from '../../src/workloads/social/fixed/open.ts'
import type { FixedApplication } from '../../src/workloads/social/fixed/open.ts'
import { socialStores } from '../../src/workloads/social/stores.ts'
import type { SocialCase } from './social-fixed.ts'

/** A place where the answer of one statement is held back. */
export interface Hold {
  /** Resolves when the statement has been answered by the server. */
  readonly reached: Promise<void>
  release(): void
}

export interface TestProcess extends Pick<FixedApplication, 'application' | 'services' | 'ratios'> {
  /** How often a statement has run. */
  ran(statement: string): number
  /** Holds the next answer of a statement back until it is released. */
  holdNext(statement: string): Hold
}

/** A process of the application; its connections close with the test. */
export async function openProcess(
  social: SocialCase,
  workerId: number,
  choice: StrategyChoice = {},
): Promise<TestProcess> {
  const stores = await connectStores(social.endpoints, { poolSize: 8, applicationName: 'arch test process' })
  t.teardown(() => closeStores(stores))
  const { postgres, redis } = socialStores(stores, 'fixed')
  const counts = new Map<string, number>()
  const holds = new Map<string, { reach: () => void; released: Promise<void> }>()
  const watched: PostgresClient = {
    ...postgres,
    async query(statement, values, cost) {
      counts.set(statement.name, (counts.get(statement.name) ?? 0) + 1)
      const rows = await postgres.query<never>(statement, values, cost)
      const hold = holds.get(statement.name)
      holds.delete(statement.name)
      hold?.reach()
      await hold?.released
      return rows
    },
  }
  const opened = await openFixed({ postgres: watched, redis }, choice, workerId)
  return {
    application: opened.application,
    services: opened.services,
    ratios: () => opened.ratios(),
    ran: (statement) => counts.get(statement) ?? 0,
    holdNext(statement) {
      const reached = Promise.withResolvers<void>()
      const released = Promise.withResolvers<void>()
      holds.set(statement, { reach: () => reached.resolve(), released: released.promise })
      return { reached: reached.promise, release: () => released.resolve() }
    },
  }
}
