import { createHash } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { OperationFailure } from '../../src/core/errors.ts'
import { shardOfId } from '../../src/core/snowflake.ts'
import type { OrderLine, OrderRequest } from '../../src/workloads/commerce/application.ts'
import { demandForm, mergedLines, requestHash } from '../../src/workloads/commerce/fixed/lines.ts'
import { orderIdOf, orderNumberOf } from '../../src/workloads/commerce/fixed/order-number.ts'
import { newGuard } from '../../src/workloads/commerce/fixed/search/breaker.ts'
import { decodeCursor, encodeCursor } from '../../src/workloads/commerce/fixed/search/cursor.ts'
import { searchTerms } from '../../src/workloads/commerce/fixed/search/query.ts'
import { stockNotes } from '../../src/workloads/commerce/model.ts'
import { buildPopulation } from '../../src/workloads/commerce/population/build.ts'
import type { CommercePopulation } from '../../src/workloads/commerce/population.ts'
import { CATEGORIES } from '../../src/workloads/commerce/population/words.ts'
import { misspell } from '../../src/workloads/commerce/traffic/misspell.ts'

const SYMBOLS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U'
const anyId = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n })
const refusal = (reason: string) => ({ name: 'Refusal', reason })

t.test(
  'an order number is read back, in groups or not, in small letters, with O for 0 and I or L for 1',
  (t) => {
    fc.assert(
      fc.property(anyId, (id) => {
        const number = orderNumberOf(id)
        const sloppy = ` ${number.toLowerCase().replaceAll('0', 'o').replaceAll('1', 'l')} `
        return (
          /^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{5}-[0-9A-Z*~$=]$/.test(number) &&
          orderIdOf(number) === id &&
          orderIdOf(sloppy) === id &&
          orderIdOf(number.replaceAll('-', '').replaceAll('1', 'I')) === id
        )
      }),
    )
    t.pass()
    t.end()
  },
)

t.test('the check symbol catches each single typo and each swap of neighbours', (t) => {
  fc.assert(
    fc.property(anyId, (id) => {
      const typed = orderNumberOf(id).replaceAll('-', '')
      for (let at = 0; at < typed.length; at += 1) {
        const [before, after] = [typed.slice(0, at), typed.slice(at + 1)]
        for (const symbol of SYMBOLS)
          if (symbol !== typed[at] && orderIdOf(before + symbol + after) !== undefined) return false
        const swapped = before + after.slice(0, 1) + (typed[at] ?? '') + after.slice(1)
        if (swapped !== typed && orderIdOf(swapped) !== undefined) return false
      }
      return true
    }),
    { numRuns: 60 },
  )
  t.pass()
  t.end()
})

t.test('what is no order number is none, whatever it is', (t) => {
  fc.assert(fc.property(fc.string(), (text) => text.length === 14 || orderIdOf(text) === undefined))
  for (const text of [
    '',
    '-',
    'ZZZZ-ZZZZ-ZZZZZ-Z',
    '0000-0000-00000',
    '0000-0000-00000-00',
    '0000-0000-0000U-0',
  ])
    t.equal(orderIdOf(text), undefined, text)
  t.end()
})

const someLine = fc.record({
  productId: fc.bigInt({ min: 1n, max: 12n }),
  quantity: fc.integer({ min: 1, max: 30 }),
})
const someLines = fc
  .array(someLine, { minLength: 1, maxLength: 20 })
  .map((lines) => lines.map((line): OrderLine => ({ ...line, seenPriceMinor: line.productId * 100n })))

function unitsOf(lines: readonly OrderLine[]): Map<bigint, number> {
  const units = new Map<bigint, number>()
  for (const { productId, quantity } of lines) units.set(productId, (units.get(productId) ?? 0) + quantity)
  return units
}

t.test(
  'merged lines have one line a product, ascending, with as many units; too many of one are refused',
  (t) => {
    fc.assert(
      fc.property(someLines, (lines) => {
        const units = unitsOf(lines)
        const isTooMany = [...units.values()].some((count) => count > 100)
        if (isTooMany) {
          t.throws(() => mergedLines(lines), refusal('invalid-quantity'))
          return true
        }
        const merged = mergedLines(lines)
        return (
          merged.length === units.size &&
          merged.every(({ productId, quantity }) => units.get(productId) === quantity) &&
          merged.every(({ productId }, at) => at === 0 || productId > (merged[at - 1]?.productId ?? 0n))
        )
      }),
    )
    t.end()
  },
)

t.test('lines that cannot be an order are refused, each for its own reason', (t) => {
  const line = (quantity: number, seenPriceMinor = 5n, productId = 1n): OrderLine => ({
    productId,
    quantity,
    seenPriceMinor,
  })
  t.throws(() => mergedLines([]), refusal('no-lines'))
  const many = Array.from({ length: 51 }, (_, index) => line(1, 5n, BigInt(index)))
  t.throws(() => mergedLines(many), refusal('too-many-lines'))
  t.equal(mergedLines(many.slice(1)).length, 50)
  for (const quantity of [0, -1, 101, 1.5, 2 ** 31, Number.NaN, Number.POSITIVE_INFINITY])
    t.throws(() => mergedLines([line(quantity)]), refusal('invalid-quantity'), String(quantity))
  t.throws(() => mergedLines([line(60), line(60)]), refusal('invalid-quantity'))
  t.throws(() => mergedLines([line(1, 5n), line(1, 6n)]), refusal('price-changed'))
  for (const price of [-1n, 2n ** 62n + 1n])
    t.throws(() => mergedLines([line(1, price)]), refusal('price-changed'), String(price))
  for (const product of [-1n, 2n ** 63n])
    t.throws(() => mergedLines([line(1, 5n, product)]), refusal('unknown-product'), String(product))
  const half = 2n ** 61n
  t.throws(() => mergedLines([line(1, half), line(1, half + 1n, 2n)]), refusal('total-too-large'))
  t.equal(mergedLines([line(1, half), line(1, half, 2n)]).length, 2)
  t.end()
})

const request: OrderRequest = {
  customerId: 1n,
  key: 'k',
  addressId: 2n,
  currency: 'USD',
  lines: [
    { productId: 1n, quantity: 2, seenPriceMinor: 100n },
    { productId: 2n, quantity: 1, seenPriceMinor: 200n },
  ],
}

function hashOf(changes: Partial<OrderRequest>): string {
  const changed = { ...request, ...changes }
  return requestHash(changed, mergedLines(changed.lines)).toString('hex')
}

t.test('the hash of a request is of what it asks for: of every part, and not of how the lines stand', (t) => {
  const [first, second] = request.lines as [OrderLine, OrderLine]
  const same = hashOf({})
  t.equal(hashOf({ lines: [second, first] }), same)
  t.equal(hashOf({ lines: [{ ...first, quantity: 1 }, second, { ...first, quantity: 1 }] }), same)
  const others = [
    hashOf({ addressId: 3n }),
    hashOf({ currency: 'JPY' }),
    hashOf({ lines: [first] }),
    hashOf({ lines: [{ ...first, quantity: 3 }, second] }),
    hashOf({ lines: [{ ...first, productId: 3n }, second] }),
    hashOf({ lines: [{ ...first, seenPriceMinor: 101n }, second] }),
    hashOf({ lines: [{ ...first, productId: 11n, quantity: 2 }, second] }),
  ]
  t.equal(new Set([same, ...others]).size, others.length + 1)
  t.end()
})

t.test('a key or a currency that cannot be one is refused', (t) => {
  for (const key of ['', 'a b', 'ä', 'a\n', 'k'.repeat(65), '\0'])
    t.throws(() => demandForm({ ...request, key }), refusal('invalid-key'))
  for (const currency of ['', 'usd', 'US', 'USDX', 'U$D'])
    t.throws(() => demandForm({ ...request, currency }), refusal('wrong-currency'))
  t.doesNotThrow(() => demandForm({ ...request, key: 'k'.repeat(64) }))
  t.end()
})

t.test(
  'while one search tries whether Elasticsearch is back, others are answered without it (E-41)',
  async (t) => {
    const guard = newGuard(0)
    const down = (): Promise<string> => Promise.reject(new OperationFailure('unavailable', 'nobody answers'))
    for (let failure = 0; failure < 5; failure += 1) t.equal(await guard(down), undefined)
    const trial = Promise.withResolvers<string>()
    const trying = guard(() => trial.promise)
    t.equal(await guard(() => Promise.resolve('asked')), undefined, 'the trial goes on')
    trial.resolve('back')
    t.equal(await trying, 'back')
    t.equal(await guard(() => Promise.resolve('asked')), 'asked')
  },
)

t.test('a search is trimmed and bounded; one without a letter or a digit is refused', (t) => {
  t.equal(searchTerms('  red \t ﬁsh ', {}, 24).words, 'red fish')
  for (const query of ['', '   ', '!?', 'x'.repeat(201), 'w '.repeat(13), 'tea\0pot', 'tea \ud800'])
    t.throws(() => searchTerms(query, {}, 24), refusal('bad-query'), JSON.stringify(query.slice(0, 20)))
  for (const limit of [0, -1, 101, 1.5, Number.NaN])
    t.throws(() => searchTerms('tea', {}, limit), refusal('bad-query'))
  t.doesNotThrow(() => searchTerms('w '.repeat(12), {}, 100))
  t.end()
})

t.test('a filter that cannot be one is refused', (t) => {
  const wrong = [
    { categoryId: 0 },
    { categoryId: 1.5 },
    { categoryId: 2 ** 31 },
    { brand: '' },
    { brand: 'b'.repeat(101) },
    { brand: 'b\0' },
    { priceMinMinor: -1n },
    { priceMaxMinor: -1n },
    { priceMinMinor: 6n, priceMaxMinor: 5n },
    { priceMinMinor: 2n ** 63n },
    { priceMaxMinor: 2n ** 63n },
  ]
  for (const filters of wrong)
    t.throws(() => searchTerms('tea', filters, 24), refusal('bad-filter'), Object.keys(filters).join())
  t.doesNotThrow(() => searchTerms('tea', { priceMinMinor: 5n, priceMaxMinor: 5n }, 24))
  t.end()
})

t.test('a cursor is read back; none is given behind the last page, and a malformed one is refused', (t) => {
  const cursors = fc.record(
    {
      page: fc.integer({ min: 1, max: 40 }),
      seen: fc.array(anyId.map(String), { maxLength: 100 }),
      sort: fc.tuple(fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }), anyId.map(String)),
      view: fc.stringMatching(/^[A-Za-z0-9_=-]{1,80}$/),
    },
    { requiredKeys: ['page'] },
  )
  fc.assert(
    fc.property(cursors, (cursor) => {
      const read = decodeCursor(encodeCursor(cursor) ?? '')
      return JSON.stringify({ ...cursor }) === JSON.stringify({ ...read })
    }),
  )
  t.equal(encodeCursor({ page: 41 }), undefined)
  const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const malformed = [
    '',
    'x',
    '{"page":1}',
    encoded(null),
    encoded([]),
    encoded({}),
    ...[0, -1, 41, 1.5, '1'].map((page) => encoded({ page })),
    encoded({ page: 1, offset: 5 }),
    encoded({ page: 1, view: '' }),
    encoded({ page: 1, view: 'v'.repeat(4_001) }),
    encoded({ page: 1, seen: ['one'] }),
    encoded({ page: 1, seen: Array.from({ length: 101 }, () => '1') }),
    encoded({ page: 1, sort: [1] }),
    encoded({ page: 1, sort: [1, 'one'] }),
    encoded({ page: 1, sort: ['1', '1'] }),
  ]
  for (const text of malformed) t.throws(() => decodeCursor(text), refusal('bad-cursor'), text)
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        decodeCursor(text)
        return false
      } catch (error) {
        return error instanceof Error && error.name === 'Refusal'
      }
    }),
  )
  t.end()
})

/** Whether one edit makes one word of the other: a letter more or less, or two neighbours changed over. */
function isOneEdit(word: string, other: string): boolean {
  if (Math.abs(word.length - other.length) > 1) return false
  let at = 0
  while (at < word.length && word[at] === other[at]) at += 1
  const [left, right] = [word.slice(at), other.slice(at)]
  if (left.length === right.length)
    return left === '' || (left[0] === right[1] && left[1] === right[0] && left.slice(2) === right.slice(2))
  return left.length > right.length ? left.slice(1) === right : left === right.slice(1)
}

t.test('a misspelt word is one slip away from the word, and begins as it does', (t) => {
  const nouns = CATEGORIES.flatMap(({ nouns }) => nouns)
  const lengths = new Set<number>()
  for (const word of nouns) {
    for (let step = 0; step < 300; step += 1) {
      const wrong = misspell(word, step / 300)
      lengths.add(wrong.length - word.length)
      if (wrong[0] !== word[0] || !isOneEdit(word, wrong)) t.fail(`${word} became ${wrong}`)
      if (wrong !== misspell(word, step / 300)) t.fail('it is not pure')
    }
  }
  t.same(
    [...lengths].sort((one, other) => one - other),
    [-1, 0, 1],
    'left out, changed over, doubled',
  )
  t.equal(misspell('tea', 0.5), 'tea')
  t.end()
})

function digest(population: CommercePopulation): string {
  const indexes = Array.from({ length: population.size }, (_, index) => index)
  const all = indexes.map((index) => [
    population.product(index),
    population.productOfRank(index),
    population.stock(index),
    population.customerId(index),
    population.addressId(index),
    population.regionOf(index),
    population.sellerId(population.product(index).seller),
  ])
  const text = JSON.stringify(all, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
  return createHash('sha256').update(text).digest('hex')
}

t.test('a population is a pure function of its seed and size', (t) => {
  const one = digest(buildPopulation({ seed: 3, size: 300 }))
  t.equal(digest(buildPopulation({ seed: 3, size: 300 })), one)
  t.not(digest(buildPopulation({ seed: 4, size: 300 })), one)
  t.not(digest(buildPopulation({ seed: 3, size: 301 })), one)
  for (const size of [0, 99, 100.5, Number.NaN, 1e9])
    t.throws(() => buildPopulation({ seed: 1, size }), { exitCode: 2, message: String(size) })
  t.end()
})

t.test('every product has a price of its category and stock in four warehouses; ids are found again', (t) => {
  fc.assert(
    fc.property(fc.record({ seed: fc.nat(), size: fc.integer({ min: 100, max: 400 }) }), (choice) => {
      const population = buildPopulation(choice)
      const ids = new Set<bigint>()
      for (let index = 0; index < population.size; index += 1) {
        const { productId, categoryId, priceMinor } = population.product(index)
        const stock = population.stock(index)
        const [low = 0, high = 0] = CATEGORIES.find((one) => one.categoryId === categoryId)?.prices ?? []
        const shards = stock.map(({ warehouseId }) => population.warehouses[warehouseId - 1]?.shard)
        const isRight =
          priceMinor === population.priceOf(index) &&
          priceMinor >= low &&
          priceMinor <= high &&
          categoryId === population.categoryOf(index) &&
          new Set(stock.map(({ warehouseId }) => warehouseId)).size === 4 &&
          stock.every(({ inventoryId }, slot) => shardOfId(inventoryId) === shards[slot]) &&
          population.productOfRank(population.rankOf(index)) === index &&
          population.indexOfProduct(productId) === index &&
          population.indexOfCustomer(population.customerId(index)) === index &&
          shardOfId(population.addressId(index)) === shardOfId(population.customerId(index))
        if (!isRight) return false
        for (const id of [productId, population.customerId(index)]) ids.add(id)
        for (const { inventoryId } of stock) ids.add(inventoryId)
      }
      const isScarceLast = population.rankOf(population.scarce) === population.size - 1
      return isScarceLast && population.indexOfProduct(1n) === undefined && ids.size >= 5 * population.size
    }),
    { numRuns: 10 },
  )
  t.pass()
  t.end()
})

t.test('a run that would sell out the most wanted product says so, and no shorter one does', (t) => {
  const orders = (seconds: number) => ({ 'order.place': Math.round(833.3 * seconds) })
  const size = 20_000
  t.same(stockNotes(orders(80), { seed: 1, size }), [], 'the usual peak with its warm-up')
  t.same(stockNotes(orders(350), { seed: 1, size }), [])
  const [note = ''] = stockNotes(orders(620), { seed: 1, size })
  t.match(note, /ask for 18\d,\d{3} units of 107,\d{3} of the most wanted product: it sells out/)
  t.equal(
    stockNotes(orders(250), { seed: 1, size: 500 }).length,
    1,
    'of fewer products the first is more wanted',
  )
  t.same(stockNotes({}, { seed: 1, size }), [])
  t.end()
})
