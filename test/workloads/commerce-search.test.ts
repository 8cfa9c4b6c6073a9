import t from 'tap'
import { newCost } from '../../src/core/cost.ts'
import type { ProductFilters, SearchPage } from '../../src/workloads/commerce/application.ts'
import { askElasticsearch, PRODUCTS_ALIAS } from '../../src/workloads/commerce/fixed/search/elastic.ts'
import { askPostgres } from '../../src/workloads/commerce/fixed/search/fallback.ts'
import { indexRows, PRODUCTS_BY_ID } from '../../src/workloads/commerce/fixed/search/index-products.ts'
import { searchTerms } from '../../src/workloads/commerce/fixed/search/query.ts'
import { buildPopulation } from '../../src/workloads/commerce/population/build.ts'
import { CATEGORIES } from '../../src/workloads/commerce/population/words.ts'
import { misspell } from '../../src/workloads/commerce/traffic/misspell.ts'
import { openCommerceCase, refusal } from '../helpers/commerce-fixed.ts'
import type { TestProduct } from '../helpers/commerce-fixed.ts'
import { newContext } from '../helpers/context.ts'

const population = { seed: 1, size: 300 }
const commerce = await openCommerceCase(['elasticsearch'], population)
const { application } = commerce
const { postgres, elasticsearch } = commerce.own
const catalogue = buildPopulation(population)
const titles = new Map(
  Array.from({ length: population.size }, (_, index) => catalogue.product(index)).map((product) => [
    String(product.productId),
    product.title,
  ]),
)

/** Makes products, indexes them, and answers their ids as text. */
async function made(...products: readonly TestProduct[]): Promise<string[]> {
  const ids: bigint[] = []
  for (const product of products) ids.push(await commerce.product(product))
  await reindex(ids)
  return ids.map(String)
}

async function reindex(ids: readonly bigint[]): Promise<void> {
  await indexRows(postgres, elasticsearch, PRODUCTS_ALIAS, PRODUCTS_BY_ID, [ids])
  await elasticsearch.refresh(PRODUCTS_ALIAS)
}

type Engine = (query: string, filters?: ProductFilters, limit?: number) => Promise<readonly string[]>

const PATIENCE_MS = 20_000
const engines: Readonly<Record<string, Engine>> = {
  Elasticsearch: async (query, filters = {}, limit = 24) =>
    (
      await askElasticsearch(
        elasticsearch,
        searchTerms(query, filters, limit),
        undefined,
        newCost(),
        PATIENCE_MS,
      )
    ).ids,
  PostgreSQL: async (query, filters = {}, limit = 24) =>
    (await askPostgres(postgres, searchTerms(query, filters, limit), 0, newCost())).ids,
}

function search(query: string, after?: string, limit = 24): Promise<SearchPage> {
  return application.search({ query, filters: {}, after, limit }, newContext())
}

for (const [engine, ask] of Object.entries(engines)) {
  t.test(
    `${engine}: a word of the title counts more than the brand, and that more than the text (ECM-82)`,
    async (t) => {
      const word = engine === 'PostgreSQL' ? 'quokka' : 'numbat'
      const expected = await made(
        { title: `Kestrel silent ${word} K1` },
        { brand: word, title: 'Kestrel silent thing K2' },
        {
          description: `A silent thing by Kestrel. Goes well with any ${word}.`,
          title: 'Kestrel silent thing K3',
        },
      )
      t.same(await ask(word), expected)
      t.same(await ask(word.toUpperCase()), expected, 'in capitals too')
    },
  )

  t.test(
    `${engine}: of equals the better rated one comes first, and the rating does not beat the words (E-36)`,
    async (t) => {
      const word = engine === 'PostgreSQL' ? 'bilby' : 'potoroo'
      const [bad = '', good = '', none = '', text = ''] = await made(
        { title: `Kestrel silent ${word} K1`, rated: [4, 4] },
        { title: `Kestrel silent ${word} K2`, rated: [20, 4] },
        { title: `Kestrel silent ${word} K3` },
        {
          title: 'Kestrel silent thing K4',
          description: `Goes well with ${word}, as everybody says of it.`,
          rated: [500, 100],
        },
      )
      t.same(await ask(word), [good, bad, none, text])
    },
  )

  t.test(`${engine}: filters hold, bounds of prices included (ECM-86, ECM-87)`, async (t) => {
    const word = engine === 'PostgreSQL' ? 'dunnart' : 'pademelon'
    const [cheap = '', middle = '', dear = '', dress = ''] = await made(
      { title: `${word} one`, price: 100n },
      { title: `${word} two`, price: 200n, brand: 'Juniper' },
      { title: `${word} three`, price: 300n },
      { title: `${word} four`, price: 250n, categoryId: 10, currency: 'JPY' },
    )
    const found = async (filters: ProductFilters): Promise<string[]> => [...(await ask(word, filters))].sort()
    t.same(await found({ priceMinMinor: 100n, priceMaxMinor: 200n }), [cheap, middle])
    t.same(await found({ priceMinMinor: 101n, priceMaxMinor: 299n }), [middle, dress].sort())
    t.same(await found({ priceMinMinor: 300n }), [dear])
    t.same(await found({ priceMaxMinor: 99n }), [])
    t.same(await found({ priceMaxMinor: 2n ** 63n - 1n }), [cheap, middle, dear, dress].sort())
    t.same(await found({ categoryId: 10 }), [dress])
    t.same(await found({ brand: 'Juniper' }), [middle])
    t.same(await found({ brand: 'juniper' }), [], 'a brand is its exact name')
  })

  t.test(`${engine}: words with a typing error find what is meant (ECM-83)`, async (t) => {
    const nouns = CATEGORIES.flatMap(({ nouns }) => nouns).filter((noun) =>
      [...titles.values()].some((title) => title.split(' ').includes(noun)),
    )
    t.ok(nouns.length > 50)
    const missed: string[] = []
    for (const [index, noun] of nouns.entries()) {
      const wrong = misspell(noun, ((index * 7) % 30) / 30)
      const found = (await ask(wrong)).slice(0, 10)
      if (!found.some((id) => titles.get(id)?.includes(noun) === true)) missed.push(`${wrong} for ${noun}`)
    }
    // Of a short word with its second letter changed no trigram may be left.
    t.ok(missed.length <= nouns.length / (engine === 'PostgreSQL' ? 10 : 20), `missed: ${missed.join(', ')}`)
  })

  t.test(`${engine}: nothing that is not sold is found (E-39)`, async (t) => {
    const word = engine === 'PostgreSQL' ? 'wallaroo' : 'quoll'
    const [sold = ''] = await made(
      { title: `${word} one` },
      { title: `${word} two`, status: 'inactive' },
      { title: `${word} three`, status: 'deleted' },
    )
    t.same(await ask(word), [sold])
  })
}

t.test('both engines put the same kind of thing first for each plain word (E-41)', async (t) => {
  for (const noun of CATEGORIES.flatMap(({ nouns }) => nouns)) {
    const named = [...titles].filter(([, title]) => title.split(' ').includes(noun)).map(([id]) => id)
    if (named.length === 0) continue
    const firsts = await Promise.all(
      Object.values(engines).map(async (ask) => (await ask(noun)).slice(0, named.length).sort()),
    )
    if (!t.same(firsts, [named.sort(), named.sort()], noun)) break
  }
})

t.test('what looks like syntax is words, and what no product has is an empty page', async (t) => {
  for (const query of [
    `kettle' OR 1=1 --`,
    'kettle & !teapot | (',
    'title:kettle AND *',
    '"kettle',
    'kettle\\',
    '%kettle_',
  ])
    for (const ask of Object.values(engines)) t.ok((await ask(query)).length > 0, query)
  const none = await search('zzzzqqqqxxxx')
  t.match(none, { total: 0, relation: 'eq', next: undefined })
  t.same(none.products, [])
})

t.test('a page keeps the order of rank and leaves out what is no longer sold (E-40)', async (t) => {
  const rated = [5, 4, 3, 2, 1]
  const ids = await made(
    ...rated.map((stars): TestProduct => ({ title: 'Kestrel silent kowari', rated: [stars, 1] })),
  )
  const context = newContext()
  await application.updateProduct(
    { productId: BigInt(ids[1] ?? ''), title: null, priceMinor: null, status: 'inactive' },
    context,
  )
  await application.updateProduct(
    { productId: BigInt(ids[3] ?? ''), title: null, priceMinor: null, status: 'deleted' },
    context,
  )
  const page = await search('kowari')
  t.same(
    page.products.map(({ productId }) => String(productId)),
    [ids[0], ids[2], ids[4]],
  )
  t.equal(page.degraded, false)
})

t.test(
  'pages give every hit once, in one order, while products come, change and go between them (E-37)',
  async (t) => {
    const word = 'wombat'
    const ids = await made(
      ...Array.from({ length: 40 }, (_, index): TestProduct => ({
        title: `Kestrel silent ${word} K${index}`,
        rated: [3 + (index % 3), 1],
      })),
    )
    const seen: string[] = []
    let after: string | undefined
    let pages = 0
    do {
      let page = await search(word, after, 7)
      // A busy machine: pages of the fallback have an order of their own, and say so.
      while (page.degraded) page = await search(word, after, 7)
      t.equal(page.total >= 40, true)
      seen.push(...page.products.map(({ productId }) => String(productId)))
      after = page.next
      pages += 1
      // Words become more frequent, and texts longer: every score changes.
      await made(
        { title: `Kestrel silent ${word} extra${pages}`, rated: [5, 1] },
        {
          title: `Kestrel ${word} ${word} thing with a very long title that changes the mean length of all titles`,
        },
        ...Array.from({ length: 5 }, (): TestProduct => ({ title: 'Kestrel silent thing of another kind' })),
      )
    } while (after !== undefined)
    const old = seen.filter((id) => ids.includes(id))
    t.same(old.toSorted(), ids.toSorted(), 'each of those that were there at first')
    t.equal(new Set(seen).size, seen.length, 'none twice')
  },
)

t.test('nobody gets further than forty pages, and a cursor that is none is refused', async (t) => {
  let after: string | undefined
  let pages = 0
  do {
    after = (await search('kestrel silent borealis juniper compact wooden', after, 2)).next
    pages += 1
  } while (after !== undefined)
  t.equal(pages, 41)
  const own = (cursor: object): string => Buffer.from(JSON.stringify(cursor)).toString('base64url')
  for (const cursor of ['', 'nonsense', own({ page: 0 }), own({ page: 41 }), own({ page: 1, from: 5_000 })])
    await t.rejects(search('kettle', cursor), refusal('bad-cursor'))
  for (const view of [
    'nonsense',
    'A'.repeat(400),
    Buffer.from('a view that nobody opened').toString('base64'),
  ])
    await t.rejects(search('kettle', own({ page: 1, sort: [1, '5'], view })), refusal('bad-cursor'))
})
