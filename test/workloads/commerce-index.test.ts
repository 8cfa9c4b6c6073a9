import t from 'tap'
import type { BulkOperation } from '../../src/stores/elasticsearch/client.ts'
import { TOPIC } from '../../src/workloads/commerce/fixed/events/topics.ts'
import { INDEX_FRESH, versionKey } from '../../src/workloads/commerce/flows.ts'
import type { ProductDocument } from '../../src/workloads/commerce/fixed/search/document.ts'
import { PRODUCTS_ALIAS } from '../../src/workloads/commerce/fixed/search/elastic.ts'
import { rebuildIndex } from '../../src/workloads/commerce/fixed/search/rebuild.ts'
import { buildPopulation } from '../../src/workloads/commerce/population/build.ts'
import { auditOf, violations } from '../helpers/commerce-audits.ts'
import { openCommerceCase } from '../helpers/commerce-fixed.ts'
import { rolesHere } from '../helpers/commerce-roles.ts'
import { eventually, newContext } from '../helpers/context.ts'
import { whole } from '../helpers/kafka.ts'

const population = { seed: 1, size: 1_000 }
const commerce = await openCommerceCase(['elasticsearch', 'kafka'], population)
const { application, stores } = commerce
const { postgres, elasticsearch, kafka } = commerce.own
const catalogue = buildPopulation(population)
const roles = await rolesHere(stores, ['relay', 'indexer'])
t.teardown(() => roles.close())

interface Change {
  readonly title?: string
  readonly priceMinor?: bigint
  readonly status?: 'active' | 'inactive' | 'deleted'
}

async function change(productId: bigint, { title, priceMinor, status }: Change): Promise<bigint> {
  const request = { productId, title: title ?? null, priceMinor: priceMinor ?? null, status: status ?? null }
  return (await application.updateProduct(request, newContext())).version
}

/** What the index holds of a product: its version and title. */
async function indexed(productId: bigint): Promise<readonly [bigint, string] | undefined> {
  const [found] = await elasticsearch.getMany<ProductDocument>(PRODUCTS_ALIAS, [String(productId)])
  return found === undefined ? undefined : [found.version, found.source.title]
}

/** What the flow of changes to searches has ended for, in order. */
function shown(): readonly string[] {
  return roles.ends.filter(({ flow }) => flow === INDEX_FRESH).map(({ key }) => key)
}

async function searchDiffers(): Promise<string> {
  return (await auditOf('search.equal', stores)).examples.join('\n')
}

t.test('the audits of the index hold on the seed', async (t) => {
  t.same(await violations(stores, ['search.equal']), [])
  // The first searches of a server are slow.
  await eventually(async () => {
    const outcome = await auditOf('search.relevance', stores, undefined, population).catch(() => undefined)
    if (outcome !== undefined) t.match(outcome, { state: 'held', checked: 80 }, outcome.note ?? '')
    return outcome !== undefined
  })
})

t.test('a change of a product reaches the index and every cache (ECM-79, E-35)', async (t) => {
  const productId = catalogue.productId(0)
  const context = newContext()
  await application.readProduct({ productId }, context)
  const version = await change(productId, { title: 'Renamed thing', priceMinor: 77n })
  await roles.settled()
  t.same(await indexed(productId), [version, 'Renamed thing'])
  t.same(shown(), [versionKey(productId, version)])
  const { product } = await application.readProduct({ productId }, context)
  t.match(product, { title: 'Renamed thing', priceMinor: 77n, version })
  await elasticsearch.refresh(PRODUCTS_ALIAS)
  const page = await application.search(
    { query: 'renamed', filters: {}, after: undefined, limit: 5 },
    context,
  )
  t.match(page.products, [{ productId }])
})

t.test('the index ends with the newest of many changes, whatever order they are told in', async (t) => {
  const productId = catalogue.productId(1)
  const versions = await Promise.all(
    Array.from({ length: 30 }, (_, index) => change(productId, { title: `Title ${index}` })),
  )
  await roles.settled()
  const told = (await whole(kafka, TOPIC.products)).filter(({ key }) => key === String(productId))
  t.equal(told.length, 30)
  const [row] = await commerce.sql<{ title: string; version: bigint }>(
    `SELECT title, version FROM products WHERE product_id = ${productId}`,
  )
  t.same(await indexed(productId), [row?.version, row?.title])
  t.equal(
    row?.version,
    versions.reduce((most, version) => (version > most ? version : most), 0n),
  )
})

t.test(
  'what was taken off sale is gone, and an older version does not bring it back (E-35, E-39)',
  async (t) => {
    const productId = catalogue.productId(2)
    const old = await indexed(productId)
    const version = await change(productId, { status: 'deleted' })
    await roles.settled()
    t.equal(await indexed(productId), undefined)
    const document = {
      product_id: String(productId),
      title: 'from the grave',
      description: '',
      brand: '',
      category: 1,
      price_minor: 1n,
      currency: 'USD',
      rating: 0,
      review_count: 0,
      created_at: new Date().toISOString(),
    }
    for (const older of [1n, version - 1n, version]) {
      const write: BulkOperation = { kind: 'index', id: String(productId), document, version: older }
      t.match(await elasticsearch.bulk(PRODUCTS_ALIAS, [write]), [{ outcome: 'stale' }], `version ${older}`)
    }
    t.equal(await indexed(productId), undefined)
    t.ok(old, 'it was there')
    await t.rejects(change(productId, { status: 'active' }), { name: 'Refusal', reason: 'unknown-product' })
  },
)

t.test('every version of a product is shown once, by itself or with a later one (E-42)', async (t) => {
  const productId = catalogue.productId(5)
  const versions: bigint[] = []
  for (const title of ['One', 'Two', 'Three']) versions.push(await change(productId, { title }))
  await roles.settled()
  const keys = versions.map((version) => versionKey(productId, version))
  t.same(
    shown().filter((key) => keys.includes(key)),
    keys,
  )
  const found = await elasticsearch.count(PRODUCTS_ALIAS, { match: { title: 'Three' } })
  t.ok(found > 0, 'searches see it by then')
})

t.test('what is on sale again is found again', async (t) => {
  const productId = catalogue.productId(3)
  await change(productId, { status: 'inactive' })
  await roles.settled()
  t.equal(await indexed(productId), undefined)
  const version = await change(productId, { status: 'active' })
  await roles.settled()
  t.equal((await indexed(productId))?.[0], version)
})

t.test('product events that come again change nothing, and broken ones stop nobody', async (t) => {
  const all = await whole(kafka, TOPIC.products)
  const before = await Promise.all([0, 1, 2, 3].map((index) => indexed(catalogue.productId(index))))
  await kafka.produce(
    TOPIC.products,
    all.toReversed().map(({ key, value, headers }) => ({ key, value, headers })),
  )
  const broken = ['no JSON', '{}', '{"product":"9999999999999999999"}', '{"product":7}']
  const key = String(catalogue.productId(4))
  await kafka.produce(
    TOPIC.products,
    broken.map((value) => ({ key, value, headers: { kind: 'product.changed' } })),
  )
  await kafka.produce(TOPIC.products, [
    { key, value: '{"product":"5","version":"2"}', headers: { kind: 'product.changed' } },
  ])
  const seen = shown().length
  const version = await change(catalogue.productId(4), { title: 'Behind the broken ones' })
  await roles.settled()
  t.same(await indexed(catalogue.productId(4)), [version, 'Behind the broken ones'])
  t.same(await Promise.all([0, 1, 2, 3].map((index) => indexed(catalogue.productId(index)))), before)
  t.same(shown().slice(seen), [versionKey(catalogue.productId(4), version)], 'and nothing is shown twice')
  t.equal((await whole(kafka, TOPIC.deadLetters)).length, broken.length)
  t.same(await violations(stores, ['search.equal']), [])
})

t.test(
  'a rebuild while products change loses no change, and no search meanwhile finds nothing (X-12)',
  async (t) => {
    let isDone = false
    let changes = 0
    const changing = (async () => {
      for (; !isDone; changes += 1) {
        const productId = catalogue.productId(10 + ((changes * 37) % 900))
        const status = changes % 5 === 0 ? 'inactive' : 'active'
        await change(productId, { title: `Kestrel changed kettle ${changes}`, status })
      }
    })()
    const counts: number[] = []
    const counting = (async () => {
      while (!isDone) counts.push(await elasticsearch.count(PRODUCTS_ALIAS))
    })()
    const before = await elasticsearch.aliasOf(PRODUCTS_ALIAS)
    for (let round = 0; round < 2; round += 1) await rebuildIndex(postgres, elasticsearch, () => undefined)
    isDone = true
    await Promise.all([changing, counting])
    await roles.settled()
    t.ok(changes > 5 && counts.length > 2, `${changes} changes, ${counts.length} looks`)
    t.ok(
      counts.every((count) => count > 700),
      `never fewer than ${Math.min(...counts)}`,
    )
    t.equal(await elasticsearch.aliasOf(PRODUCTS_ALIAS), before, 'two rebuilds take turns')
    t.equal((await elasticsearch.indices()).length, 1, 'the old one is gone')
    t.same(await violations(stores, ['search.equal']), [])
  },
)

t.test(
  'a change that began before a rebuild and is committed in the midst of it is not missed (X-12)',
  async (t) => {
    const productId = catalogue.productId(930)
    const [changed, committed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const late = postgres.transaction(async (queries) => {
      await queries.execute(`UPDATE products SET title = 'late' WHERE product_id = ${productId}`)
      changed.resolve()
      await committed.promise
    })
    await changed.promise
    const client = {
      ...elasticsearch,
      // All products have been read by then.
      refresh: async (index: string) => {
        committed.resolve()
        await late
        await elasticsearch.refresh(index)
      },
    }
    await rebuildIndex(postgres, client, () => undefined)
    t.equal((await indexed(productId))?.[1], 'late')
    t.same(await violations(stores, ['search.equal']), [])
  },
)

t.test('a rebuild that was interrupted is begun again', async (t) => {
  const old = await elasticsearch.aliasOf(PRODUCTS_ALIAS)
  const halted = rebuildIndex(postgres, elasticsearch, () => {
    throw new Error('halted')
  })
  await t.rejects(halted, { message: 'halted' })
  t.equal(await elasticsearch.aliasOf(PRODUCTS_ALIAS), old, 'searches go on in the old one')
  await rebuildIndex(postgres, elasticsearch, () => undefined)
  t.same(await violations(stores, ['search.equal']), [])
})

t.test(
  'search.equal sees what is found and not sold, what is sold and not found, and what is found as it was',
  async (t) => {
    const [one, other, third] = [catalogue.productId(950), catalogue.productId(951), catalogue.productId(952)]
    // Without the event that tells of it.
    await commerce.sql(`UPDATE products SET status = 'inactive' WHERE product_id = ${one}`)
    t.equal(await searchDiffers(), `product ${one} is found and is not active`)
    await elasticsearch.bulk(PRODUCTS_ALIAS, [{ kind: 'delete', id: String(other), version: 99n }])
    t.match(await searchDiffers(), new RegExp(`product ${other} is active and not found`))
    await commerce.sql(`UPDATE products SET title = 'unheard of' WHERE product_id = ${third}`)
    t.match(await searchDiffers(), new RegExp(`product ${third} is indexed in version \\d+ and is in \\d+`))
    await rebuildIndex(postgres, elasticsearch, () => undefined)
    t.equal(await searchDiffers(), '')
    await commerce.sql('ALTER TABLE products DISABLE TRIGGER products_touch')
    await commerce.sql(`UPDATE products SET title = 'secretly' WHERE product_id = ${third}`)
    t.equal(await searchDiffers(), `product ${third} is indexed otherwise than it is`)
  },
)

t.test('search.relevance sees an index that ranks badly', async (t) => {
  const ids = Array.from({ length: population.size }, (_, index) => String(catalogue.productId(index)))
  await elasticsearch.bulk(
    PRODUCTS_ALIAS,
    ids.slice(20).map((id) => ({ kind: 'delete', id, version: 1_000n })),
  )
  await elasticsearch.refresh(PRODUCTS_ALIAS)
  const outcome = await auditOf('search.relevance', stores, undefined, population)
  t.match(outcome, { state: 'violated' })
  t.match(outcome.examples.join('\n'), /Elasticsearch: nDCG@10 0\.\d+, .* is wanted/)
})
