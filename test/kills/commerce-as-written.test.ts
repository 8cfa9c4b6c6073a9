import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { VariantName } from '../../src/core/names.ts'
import type { CheckoutOrder } from '../helpers/checkout-process.ts'
import { applications, audit, orderOf, roleHere, seeded, started } from '../helpers/commerce-as-written.ts'
import { eventually, newContext } from '../helpers/context.ts'
import { signalStore } from '../helpers/kill.ts'

// Four stores start first.
t.setTimeout(600_000)

const ENTRY = fileURLToPath(new URL('../helpers/checkout-process.ts', import.meta.url))

/** Places an order in a process that is killed when it comes to `killAt`. */
async function placeAndDie(variant: VariantName, killAt: string): Promise<void> {
  const child = fork(ENTRY, [], { serialization: 'advanced' })
  const exited = once(child, 'exit')
  const order: CheckoutOrder = {
    endpoints: started.endpoints,
    variant,
    request: orderOf([[1, 1]]),
    killAt,
  }
  child.send(order)
  const [, signal] = await exited
  if (signal !== 'SIGKILL') throw new Error(`${killAt} was not reached`)
}

t.test(
  'a kill between commit and publish loses the event of an order that is there (E-19); fixed sends it',
  async (t) => {
    await placeAndDie('as-written', 'order.before-publish')
    t.match(await audit('as-written', 'events.created'), {
      state: 'violated',
      checked: 1,
      violations: 1,
      examples: [/has 0 order.created/],
    })

    await placeAndDie('fixed', 'answered')
    const { role } = await roleHere('fixed', 'relay')
    t.teardown(() => role.close())
    await eventually(() => role.drained())
    t.match(await audit('fixed', 'events.created'), { state: 'held', checked: 1 })
  },
)

t.test('a kill within the transaction leaves nothing of an order', async (t) => {
  const before = await audit('as-written', 'orders.totals')
  await placeAndDie('as-written', 'order.before-commit')
  t.equal((await audit('as-written', 'orders.totals')).checked, before.checked)
  t.match(await audit('as-written', 'stock.ledger'), { state: 'held' })
})

t.test('while Elasticsearch hangs nothing is found (E-41); fixed finds it in PostgreSQL', async (t) => {
  const [, , noun = ''] = seeded.product(3).title.split(' ')
  const request = { query: noun, filters: {}, after: undefined, limit: 24 }
  const found = async (variant: VariantName): Promise<readonly bigint[]> =>
    (await applications[variant].search(request, newContext())).products.map(({ productId }) => productId)
  for (const variant of ['as-written', 'fixed'] as const) t.ok((await found(variant)).length > 0, variant)

  await signalStore(started.home, 'elasticsearch', 'SIGSTOP')
  try {
    await t.rejects(found('as-written'), { name: 'OperationFailure', kind: 'timeout' })
    t.match(await applications.fixed.search(request, newContext()), { degraded: true })
    t.ok((await found('fixed')).includes(seeded.productId(3)))
  } finally {
    await signalStore(started.home, 'elasticsearch', 'SIGCONT')
  }
})
