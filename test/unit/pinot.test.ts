// What of Pinot can be said without one; the rest is `npm run test:pinot`.
import t from 'tap'
import type { StoreEndpoint } from '../../src/core/store.ts'
import { javaReaderOf } from '../../src/stores/kafka/java-reader.ts'
import type { QueryAnswer } from '../../src/stores/pinot/answers.ts'
import { requireWhole } from '../../src/stores/pinot/failures.ts'
import { store } from '../../src/stores/pinot/index.ts'
import { PORTS, nodeProperties } from '../../src/stores/pinot/settings.ts'
import { EVENT_VERSION } from '../../src/workloads/analytics/events/encode.ts'
import { frameRecord } from '../../src/workloads/analytics/fixed/ingest/frame.ts'
import { messageOf, singleEvents } from '../../src/workloads/analytics/fixed/realtime/pinot/single-events.ts'
import { HEADER, TOPIC } from '../../src/workloads/analytics/fixed/topics.ts'
import { LINE_ID, lineWith } from '../helpers/analytics.ts'

const WHOLE: QueryAnswer = {
  exceptions: [],
  numServersQueried: 2,
  numServersResponded: 2,
  numConsumingSegmentsQueried: 1,
  numGroupsLimitReached: false,
}

t.test('an answer that lacks rows is a failure, and no smaller answer', async (t) => {
  requireWhole(WHOLE)
  const told = (errorCode: number): Partial<QueryAnswer> => ({
    exceptions: [{ errorCode, message: 'Why:\nat a.b.C' }],
  })
  const wrong: readonly (readonly [Partial<QueryAnswer>, string])[] = [
    [{ numServersResponded: 1 }, 'unavailable'],
    [{ numGroupsLimitReached: true }, 'unexpected'],
    [told(150), 'unexpected'],
    [told(305), 'unavailable'],
    [told(250), 'timeout'],
  ]
  for (const [change, kind] of wrong)
    t.throws(() => requireWhole({ ...WHOLE, ...change }), { name: 'OperationFailure', kind })
})

t.test('a node listens on loopback by every port, and nobody is let in without the password', async (t) => {
  const furtherPorts = Object.fromEntries(PORTS.map((name, at) => [name, 20_001 + at]))
  const text = nodeProperties({
    engines: '/engines',
    data: '/data',
    account: undefined,
    port: 20_000,
    furtherPorts,
    secrets: { arch: 'secret' },
  })
  const settings = new Map(text.split('\n').map((line) => line.split(/=(.*)/s, 2) as [string, string]))
  for (const role of ['controller', 'pinot.broker.client', 'pinot.server.adminapi'])
    t.equal(settings.get(`${role}.access.protocols.http.host`), '127.0.0.1', role)
  for (const role of ['controller.admin', 'pinot.broker', 'pinot.server.admin'])
    t.equal(settings.get(`${role}.access.control.principals.arch.password`), 'secret', role)
})

t.test('it has no container, one node, and a URL whose password no message repeats', async (t) => {
  t.equal(store.docker, undefined)
  t.same(Object.keys(store.native.topologies ?? {}), [])
  t.match(store.external('https://me:secret@controller'), { host: 'controller', user: 'me', tls: true })
  t.throws(() => store.external('ftp://me:secret@controller'), { message: /^(?!.*secret)/, exitCode: 2 })
})

t.test("Kafka's own client is told every broker, and the password inside of its quotes", async (t) => {
  const endpoint: StoreEndpoint = {
    store: 'kafka',
    provider: 'native',
    topology: 'cluster',
    host: 'one',
    port: 1,
    further: [{ host: 'two', port: 2 }],
    user: 'arch',
    password: String.raw`a"b\c`,
  }
  const { brokers, properties } = javaReaderOf(endpoint, 'topic')
  t.equal(brokers, 'one:1,two:2')
  t.match(properties['sasl.jaas.config'], String.raw`password="a\"b\\c";`)
  t.equal(properties['security.protocol'], 'SASL_PLAINTEXT')
  const { user: _, ...open } = endpoint
  t.same(javaReaderOf(open, 'topic').properties, {})
})

t.test('numbers beyond 2^53 and clocks of other times come to Pinot as ClickHouse has them', async (t) => {
  const headers = { [HEADER.batch]: '1', [HEADER.version]: EVENT_VERSION }
  const value = Buffer.from(lineWith({ 2: '18446744073709551615', 13: '0' }))
  const place = { topic: TOPIC.events, partition: 0, offset: 7n, key: 'session' }
  const record = { ...place, value, headers, timestampMs: 1_770_000_012_345 }
  t.match(singleEvents({ ...frameRecord(record), record }), [
    {
      user_id: '18446744073709551615',
      event_time: 1_770_000_012_345,
      minute: 1_770_000_000_000,
      id_head: 0x0f0e0d0c,
    },
  ])
  t.match(
    singleEvents({ ...frameRecord(record), record }).map(messageOf),
    [{ partition: 0, key: LINE_ID }],
    'in the partition that its batch was in',
  )
})

t.test(
  'addresses come to Pinot without what says who somebody is, as ClickHouse keeps them (A-19)',
  async (t) => {
    const headers = { [HEADER.batch]: '1', [HEADER.version]: EVENT_VERSION }
    const kept = (address: string): string | undefined => {
      const value = Buffer.from(lineWith({ 4: JSON.stringify(address) }))
      const place = { topic: TOPIC.events, partition: 0, offset: 7n, key: 'session' }
      const record = { ...place, value, headers, timestampMs: Date.now() }
      return singleEvents({ ...frameRecord(record), record })[0]?.page_url
    }
    t.equal(kept('https://shop.example/page/1?user=5&click=6'), 'https://shop.example/page/1')
    t.equal(kept('https://shop.example/page/1#top'), 'https://shop.example/page/1')
    t.equal(kept('https://shop.example/page/1#top?user=5'), 'https://shop.example/page/1#top')
    t.equal(kept('/page/1'), '/page/1')
  },
)
