import t from 'tap'
import { Refusal } from '../../src/core/errors.ts'
import type { Results } from '../../src/core/operation.ts'
import type { CommerceApplication, OrderRequest } from '../../src/workloads/commerce/application.ts'
import { orderMistake } from '../../src/workloads/commerce/traffic/order-mistake.ts'
import { updateAt } from '../../src/workloads/commerce/traffic/product-update.ts'
import { arrivalOf, memory, minuteOf, named, worldWith } from '../helpers/commerce-traffic.ts'
import { newContext } from '../helpers/context.ts'

const operation = named('order.mistake')

/** Results in which every change of the minute has been acknowledged. */
function allChanged(): Results {
  const results = memory()
  const world = worldWith(results)
  for (const { arrival } of minuteOf(['product.update'])) {
    const { result, productId } = updateAt(world, arrival)
    results.set(result, productId)
  }
  return results
}

type Mistaken = Parameters<typeof orderMistake.run>[1]

const world = worldWith(allChanged())
const asked = minuteOf(['order.mistake']).map(({ arrival }) => operation.input(arrival, world) as Mistaken)
const of = (mistake: string): Mistaken[] => asked.filter((order) => order.mistake === mistake)

/** An application that answers every order in one way. */
function answering(answer: () => ReturnType<CommerceApplication['placeOrder']>): CommerceApplication {
  // The operation asks for nothing else.
  return { placeOrder: answer } as unknown as CommerceApplication
}

t.test(
  'an order with a mistake has exactly one, in its first line, and ordinary lines behind it',
  async (t) => {
    t.ok(asked.length > 60, `${asked.length} in a minute`)
    for (const mistake of ['quantity', 'off-sale', 'old-price'])
      t.ok(of(mistake).length > 10, `${of(mistake).length} of ${mistake}`)
    const isPlain = ({ lines }: OrderRequest): boolean => lines.slice(1).every(({ quantity }) => quantity > 0)
    t.ok(asked.every(isPlain))
    t.ok(of('quantity').every(({ lines }) => lines[0]?.quantity === -1))
    t.ok([...of('off-sale'), ...of('old-price')].every(({ lines }) => lines[0]?.quantity === 1))
  },
)

t.test('what is off sale, or dearer, was changed by an arrival that has been acknowledged', async (t) => {
  const changes = minuteOf(['product.update']).map(({ arrival }) => updateAt(world, arrival))
  const changed = (wanted: 'status' | 'priceMinor'): Set<bigint> =>
    new Set(changes.filter((change) => change[wanted] !== null).map(({ productId }) => productId))
  const off = changed('status')
  const dearer = changed('priceMinor')
  t.ok(of('off-sale').every(({ lines }) => off.has(lines[0]?.productId ?? 0n)))
  t.ok(of('old-price').every(({ lines }) => dearer.has(lines[0]?.productId ?? 0n)))
})

t.test('where nothing is known to have changed, a quantity stands in, and is counted', async (t) => {
  const standIns: Record<string, number> = {}
  const young = worldWith(memory(), standIns)
  const mistakes = Array.from(
    { length: 30 },
    (_, index) => (operation.input(arrivalOf(operation, index), young) as Mistaken).mistake,
  )
  t.ok(mistakes.every((mistake) => mistake === 'quantity'))
  t.ok((standIns['order.mistake'] ?? 0) > 10)
})

t.test(
  'a refusal for the right reason holds, one for another reason and an accepted order do not',
  async (t) => {
    const [order] = of('quantity')
    if (order === undefined) throw new Error('no order with a wrong quantity')
    const check = orderMistake.checks?.find(({ name }) => name === 'order.quantity-refused')
    const verdict = async (answer: () => ReturnType<CommerceApplication['placeOrder']>): Promise<unknown> =>
      check?.check(order, await orderMistake.run(answering(answer), order, newContext()), world)
    t.equal(await verdict(() => Promise.reject(new Refusal('invalid-quantity'))), true)
    t.match(await verdict(() => Promise.reject(new Refusal('out-of-stock'))), {
      message: /refused as 'out-of-stock'/,
    })
    const placed = { orderId: 9n, orderNumber: '9', totalMinor: 5n, currency: 'USD', replayed: false }
    t.match(await verdict(() => Promise.resolve(placed)), { message: /order 9 of -1 .* was accepted/ })
    await t.rejects(
      verdict(() => Promise.reject(new Error('lost'))),
      { message: 'lost' },
    )
    const others = orderMistake.checks?.filter(({ name }) => name !== 'order.quantity-refused') ?? []
    for (const other of others)
      t.equal(other.check(order, { placed, reason: '' }, world), undefined, other.name)
  },
)
