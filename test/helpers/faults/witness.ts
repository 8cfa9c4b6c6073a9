// A witness of what a fault test asks of the commerce case, and the judge of what became of it.
import { OperationFailure, Refusal } from '../../../src/core/errors.ts'
import type { JournalEntry, JournalReader } from '../../../src/core/journal.ts'
import type { JournalKeys } from '../../../src/core/operation.ts'
import type { StrategyChoice } from '../../../src/core/strategy.ts'
import { closeStores, connectStores } from '../../../src/session/up.ts'
import type { OrderRequest, PlacedOrder } from '../../../src/workloads/commerce/application.ts'
import { fixedAudits } from '../../../src/workloads/commerce/audits/index.ts'
import type { CommerceCase } from '../commerce-case.ts'

/** What was answered. `unknown`: no answer, or one that does not say whether it happened. */
export type Answer<Result> =
  | { readonly outcome: 'ok'; readonly result: Result }
  | { readonly outcome: 'refused'; readonly reason: string }
  | { readonly outcome: 'unknown' }

/** The audits that look at PostgreSQL alone. */
export const TABLE_AUDITS: readonly string[] = [
  'stock.ledger',
  'stock.oversold',
  'stock.pools',
  'ledger.orders',
  'reservations.expired',
  'orders.allocated',
  'orders.totals',
  'orders.states',
  'orders.keys',
  'orders.history',
  'journal.acknowledged',
  'refusals.right',
  'partitions.default',
  'locks.ordered',
]
/** Those that look at Kafka and at what consumers made of it. */
export const EVENT_AUDITS: readonly string[] = [
  'events.created',
  'events.readable',
  'effects.once',
  'sellers.orders',
]

export interface Witness {
  /** Asks, and writes down what was asked and answered. @throws whatever is neither a refusal nor a failure of a store */
  ask<Result>(
    operation: string,
    keys: JournalKeys,
    run: () => Promise<Result>,
    result: (answer: Result) => JournalKeys,
  ): Promise<Answer<Result>>
  order(request: OrderRequest, run: () => Promise<PlacedOrder>): Promise<Answer<PlacedOrder>>
  /** The audits that do not hold, with examples, a line each. */
  violations(
    commerce: Pick<CommerceCase, 'endpoints'>,
    names: readonly string[],
    choice: StrategyChoice,
  ): Promise<readonly string[]>
}

function nowMicros(): number {
  return Number(process.hrtime.bigint() / 1_000n)
}

/** How an order stands in the journal. */
function keysOf({ customerId, key, lines }: OrderRequest): JournalKeys {
  const asked = lines.map(({ productId, quantity }) => `${productId}x${quantity}`)
  return { customer: String(customerId), key, lines: asked.join(' ') }
}

function resultOf({ orderId, totalMinor, replayed }: PlacedOrder): JournalKeys {
  return { order: String(orderId), total: String(totalMinor), replayed }
}

const PATIENT = { poolSize: 2, applicationName: 'arch test audits', statementTimeoutMs: 0 } as const

/** A witness that has seen nothing yet. */
export function newWitness(): Witness {
  const entries: JournalEntry[] = []
  const journal: JournalReader = {
    async *entries(operation) {
      yield* entries.filter((entry) => operation === undefined || entry.operation === operation)
    },
  }
  const witness: Witness = {
    async ask(operation, keys, run, result) {
      const startedMicros = nowMicros()
      const write = (outcome: JournalEntry['outcome'], said: JournalKeys): void => {
        const finishedMicros = outcome === 'unknown' ? undefined : nowMicros()
        const number = entries.length
        const asked = { number, phase: 'measure', stream: 'mix', operation, keys, startedMicros } as const
        entries.push({ ...asked, finishedMicros, outcome, result: said })
      }
      try {
        const answer = await run()
        write('ok', result(answer))
        return { outcome: 'ok', result: answer }
      } catch (error) {
        if (error instanceof Refusal) {
          write('refused', {})
          return { outcome: 'refused', reason: error.reason }
        }
        if (!(error instanceof OperationFailure)) throw error
        write('unknown', {})
        return { outcome: 'unknown' }
      }
    },
    order: (request, run) => witness.ask('order.place', keysOf(request), run, resultOf),
    async violations({ endpoints }, names, choice) {
      const lines: string[] = []
      // As those of a session: nobody waits for an audit, and after a hundred rounds there is much to look at.
      const stores = await connectStores(endpoints, PATIENT)
      try {
        for (const name of names) {
          const audit = fixedAudits.find((candidate) => candidate.name === name)
          if (audit === undefined) throw new Error(`no audit is called ${name}`)
          const population = { seed: 1, size: 100 }
          const context = { stores, population, choice, journal, seed: 1, profile: 'steady' } as const
          const { state, examples, note } = await audit.run(context)
          if (state !== 'held') lines.push(`${name} ${state}: ${[...examples, note ?? ''].join('; ')}`)
        }
        return lines
      } finally {
        await closeStores(stores)
      }
    },
  }
  return witness
}
