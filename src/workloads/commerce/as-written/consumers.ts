import type { FlowEnd } from '../../../core/operation.ts'
import type { Variant } from '../../../core/workload.ts'
import type { Statement } from '../../../stores/postgres/client.ts'
import { EFFECT, ORDER_EFFECTS } from '../flows.ts'
import { commerceStores } from '../stores.ts'
import { ORDER_CREATED, orderOf } from './events.ts'

const CONFIRM: Statement = {
  name: 'as_written_confirm',
  text: `INSERT INTO order_confirmations (order_id, email)
         SELECT o.order_id, c.email FROM orders o JOIN customers c USING (customer_id) WHERE o.order_id = $1`,
}

const NOTIFY: Statement = {
  name: 'as_written_notify',
  text: `INSERT INTO warehouse_notices (order_id, warehouse_id, units)
         SELECT order_id, warehouse_id, sum(quantity) FROM order_items WHERE order_id = $1 GROUP BY order_id, warehouse_id`,
}

type StartRole = Variant['roles'][string]

/**
 * The text names what follows an order, and no code (l.634): the obvious one does it for each message that comes, one
 * after the other. A message that comes again is done again, since nothing is kept of those that were.
 */
function consumerOf(group: string, statement: Statement, end: Pick<FlowEnd, 'part' | 'weight'>): StartRole {
  return async (stores, _population, _choice, host) => {
    const { postgres, kafka } = commerceStores(stores, 'as-written')
    const consumption = await kafka.consume({
      group,
      topics: [ORDER_CREATED],
      from: 'earliest',
      async handle(batch) {
        for (const message of batch) {
          const key = orderOf(message)
          await postgres.query(statement, [key])
          await host.faultPoint(`${group}.after-effect`)
          const atMicros = Number(process.hrtime.bigint() / 1000n)
          host.flowEnds([{ flow: ORDER_EFFECTS, key, of: EFFECT.of, atMicros, ...end }])
        }
      },
      failed: (error) => {
        process.stderr.write(`${group}: ${error instanceof Error ? error.message : String(error)}\n`)
      },
    })
    const lag = (): Promise<bigint> => kafka.lag(group, [ORDER_CREATED])
    return {
      drained: async () => (await lag()) === 0n,
      lag: async () => ({ [group]: Number(await lag()) }),
      close: () => consumption.close(),
    }
  }
}

/** The two consumers of `order.created`: the confirmation to the customer and the notice to the warehouses. */
export const asWrittenRoles: Variant['roles'] = {
  confirmations: consumerOf('confirmations', CONFIRM, { part: EFFECT.confirmation, weight: 1 }),
  notices: consumerOf('notices', NOTIFY, { part: EFFECT.notice, weight: 0 }),
}
