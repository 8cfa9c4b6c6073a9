// Processes of the fixed social application in a test: each with connections, caches and a subscription of its own,
// over the same real stores, watched at the door to PostgreSQL.
import t from 'tap'
import { Refusal } from '../../src/core/errors.ts'
import { composeId } from '../../src/core/snowflake.ts'
import type { StrategyChoice } from '../../src/core/strategy.ts'
import { closeStores, connectStores } from '../../src/session/up.ts'
import type { PostgresClient, SqlValue } from '../../src/stores/postgres/client.ts'
import { openFixed } from '../../src/workloads/social/fixed/open.ts'
import type { FixedApplication } from '../../src/workloads/social/fixed/open.ts'
import { socialStores } from '../../src/workloads/social/stores.ts'
import { newContext, relayHere } from './social-fixed.ts'
import type { SocialCase, TestRelay } from './social-fixed.ts'

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

/** Writes a post by `author`, with one picture. */
export function postWriter(
  app: FixedApplication['application'],
): (author: bigint, caption?: string) => Promise<{ postId: bigint }> {
  return (author, caption = 'a caption') =>
    app.createPost({ authorId: author, caption, mediaUrls: ['https://example.org/1.jpg'] }, newContext())
}

/** A relay that starts with the first call, and ends with the test: resolves when it has nothing left to do. */
export function settledRelay(social: SocialCase): () => Promise<void> {
  let relay: Promise<TestRelay> | undefined
  t.teardown(async () => (await relay)?.close())
  return async () => {
    relay ??= relayHere(social.stores)
    await (await relay).settled()
  }
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

/** An id of a time at which no test made one. */
export const NOWHERE: bigint = composeId({ timeMs: Date.UTC(2024, 5, 1), shard: 9, worker: 0, sequence: 0 })

/** Why an operation was refused; any other end is told as it is. */
export function refusal(answer: Promise<unknown>): Promise<string> {
  return answer.then(
    () => 'no refusal',
    (error: unknown) => (error instanceof Refusal ? error.reason : String(error)),
  )
}

/** Looks and deeds that go past the application. */
export interface Backdoor {
  /** The one number that a query over `$1`, `$2` ... answers. */
  readonly number: (query: string, ...values: bigint[]) => Promise<number>
  /** How many outbox rows of a kind tell of a subject. */
  readonly events: (kind: string, subject: bigint) => Promise<number>
  readonly makePrivate: (user: bigint) => Promise<void>
}

/** The back door of a social case. */
export function backdoor(social: SocialCase): Backdoor {
  async function number(query: string, ...values: readonly SqlValue[]): Promise<number> {
    const [row] = await social.sql<{ n: bigint }>(`SELECT (${query})::bigint AS n`, values)
    return Number(row?.n)
  }
  return {
    number,
    events: (kind, subject) =>
      number('SELECT count(*) FROM outbox WHERE kind = $1 AND subject_id = $2', kind, subject),
    async makePrivate(user) {
      await social.sql('UPDATE users SET is_private = true WHERE user_id = $1', [user])
    },
  }
}
