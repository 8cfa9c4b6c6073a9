import type { KafkaClient, PartitionPosition, ReceivedMessage } from '../../src/stores/kafka/client.ts'
import { clientsOf, fails, gathering, messages } from '../helpers/kafka.ts'
import { startTestStores } from '../helpers/stores.ts'

const { stores } = await startTestStores(['kafka'])
const { both } = await clientsOf(stores['kafka'] as KafkaClient)

both('offsets, what a group has committed, and its lag', async (t, client, topic) => {
  const name = await topic('counted', 2)
  t.same(await client.offsets(name), [
    { first: 0n, next: 0n },
    { first: 0n, next: 0n },
  ])
  await client.produce(name, messages(100))
  const offsets = await client.offsets(name)
  t.equal(
    offsets.reduce((sum, { next }) => sum + next, 0n),
    100n,
  )
  t.same(await client.committed('counting', name), [undefined, undefined])
  t.equal(await client.lag('counting', [name]), 100n, 'a group that never was has everything to read')
  const { handle, full } = gathering(100)
  const consumption = await client.consume({
    group: 'counting',
    topics: [name],
    from: 'earliest',
    handle,
    failed: fails,
  })
  await full
  await consumption.close()
  t.same(
    await client.committed('counting', name),
    offsets.map(({ next }) => next),
  )
  t.equal(await client.lag('counting', [name]), 0n)
  await client.produce(name, messages(7))
  t.equal(await client.lag('counting', [name]), 7n)
})

both('members that join a group one upon the other all join it', async (t, client, topic) => {
  const name = await topic('joined')
  const ends = await Promise.allSettled(
    // Ten of them, in groups of five: a member's two requests are far enough apart for others to come between.
    Array.from({ length: 10 }, (_, number) =>
      client.consume({
        group: `joined-${number % 2}`,
        topics: [name],
        from: 'earliest',
        handle: () => Promise.resolve(),
        failed: () => undefined,
      }),
    ),
  )
  t.same(
    ends.flatMap((end) => (end.status === 'rejected' ? [String(end.reason)] : [])),
    [],
  )
  const joined = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []))
  await Promise.all(joined.map((consumption) => consumption.close()))
})

both(
  'what a consumer did not finish comes again, and what it finished does not',
  async (t, client, topic) => {
    const name = await topic('again', 1)
    await client.produce(name, messages(10))
    const group = { group: 'again', topics: [name], from: 'earliest' } as const
    const inHand = Promise.withResolvers<void>()
    const go = Promise.withResolvers<void>()
    const failures: unknown[] = []
    const first = await client.consume({
      ...group,
      async handle() {
        inHand.resolve()
        await go.promise
        throw new Error('not finished')
      },
      failed: (error) => void failures.push(error),
    })
    await inHand.promise
    const closing = first.close()
    go.resolve()
    await closing
    t.match(failures, [{ message: 'not finished' }])
    t.equal(await client.lag('again', [name]), 10n)

    const second = gathering(10)
    const finished = await client.consume({ ...group, handle: second.handle, failed: fails })
    await second.full
    await finished.close()
    t.equal(second.seen.length, 10)
    t.equal(await client.lag('again', [name]), 0n, 'closing waits for the batch in work, and commits it')

    await client.produce(name, [{ key: 'new', value: 'new' }])
    const third = gathering(1)
    const last = await client.consume({ ...group, handle: third.handle, failed: fails })
    await third.full
    await last.close()
    t.same(
      third.seen.map(({ key }) => key),
      ['new'],
    )
  },
)

both(
  'a batch that could not be handled comes again to the same consumer, in order',
  async (t, client, topic) => {
    const name = await topic('retried', 1)
    await client.produce(name, messages(20))
    const { seen, full, handle } = gathering(20)
    const failures: unknown[] = []
    let attempts = 0
    const consumption = await client.consume({
      group: 'retried',
      topics: [name],
      from: 'earliest',
      async handle(batch) {
        attempts += 1
        if (attempts < 3) throw new Error('try again')
        await handle(batch)
      },
      failed: (error) => void failures.push(error),
    })
    await full
    await consumption.close()
    t.equal(failures.length, 2)
    t.same(
      seen.map(({ offset }) => offset),
      Array.from({ length: 20 }, (_, index) => BigInt(index)),
    )
  },
)

both(
  'from the latest on, a new group sees what comes after it has joined, also its next member',
  async (t, client, topic) => {
    const name = await topic('latest', 2)
    await client.produce(name, messages(50))
    const group = { group: 'latest', topics: [name], from: 'latest' } as const
    const nothing = await client.consume({ ...group, handle: async () => fails('old'), failed: fails })
    await nothing.close()
    await client.produce(name, messages(10))
    const { seen, full, handle } = gathering(10)
    const consumption = await client.consume({ ...group, handle, failed: fails })
    await full
    await consumption.close()
    t.equal(seen.length, 10)
  },
)

both(
  'members share the partitions of a group, and no partition is in two hands at once',
  async (t, client, topic) => {
    const name = await topic('shared', 4)
    const inHand = new Map<number, string>()
    const seen = new Map<string, number>()
    const workers = new Set<string>()
    const all = Promise.withResolvers<void>()
    const problems: string[] = []
    const member = (who: string): ReturnType<KafkaClient['consume']> =>
      client.consume({
        group: 'shared',
        topics: [name],
        from: 'earliest',
        async handle(batch) {
          workers.add(who)
          const partitions = new Set(batch.map(({ partition }) => partition))
          for (const partition of partitions) {
            if (inHand.has(partition))
              problems.push(`${partition} is with ${inHand.get(partition)} and ${who}`)
            inHand.set(partition, who)
          }
          await new Promise(setImmediate)
          for (const { value } of batch) seen.set(value.toString(), (seen.get(value.toString()) ?? 0) + 1)
          for (const partition of partitions) inHand.delete(partition)
          if (workers.size === 2) all.resolve()
        },
        failed: fails,
      })
    const one = await member('one')
    let stop = false
    let produced = 0
    const producing = (async () => {
      while (!stop) {
        const batch = Array.from({ length: 20 }, (_, index) => String(produced + index))
        await client.produce(
          name,
          batch.map((value) => ({ key: value, value })),
        )
        produced += batch.length
      }
    })()
    const two = await member('two')
    await all.promise
    stop = true
    await producing
    while ((await client.lag('shared', [name])) > 0n) continue
    await Promise.all([one.close(), two.close()])
    t.same(problems, [])
    t.equal(seen.size, produced, 'everything was handled')
    t.ok(
      [...seen.values()].every((times) => times === 1),
      'once, since each hand-over waited for the batch in work',
    )
  },
)

both(
  'with `begun` nothing is committed but by hand, and a member learns where it goes on',
  async (t, client, topic) => {
    const name = await topic('by-hand', 1)
    await client.produce(name, messages(10))
    const group = { group: 'by-hand', topics: [name], from: 'earliest', failed: fails } as const
    const starts: bigint[] = []
    const begun = async (positions: readonly PartitionPosition[]): Promise<void> => {
      for (const { topic: of, partition, offset } of positions) {
        t.same({ of, partition }, { of: name, partition: 0 })
        starts.push(offset)
      }
    }
    const first = gathering(10)
    const one = await client.consume({ ...group, begun, handle: first.handle })
    await first.full
    t.equal(await client.lag('by-hand', [name]), 10n, 'handled is not committed')
    await one.commit([{ topic: name, partition: 0, offset: 4n }])
    t.equal(await client.lag('by-hand', [name]), 6n)
    await one.commit([{ topic: name, partition: 7, offset: 4n }])
    await one.close()

    const second = gathering(6)
    const other = await client.consume({ ...group, begun, handle: second.handle })
    await second.full
    await other.close()
    t.same(
      second.seen.map(({ value }) => value.toString()),
      ['4', '5', '6', '7', '8', '9'],
    )
    t.same(starts, [0n, 4n])
  },
)

both('a message goes to the partition that it names, whatever its key', async (t, client, topic) => {
  const name = await topic('named-partition', 3)
  await client.produce(
    name,
    [0, 1, 2, 2].map((partition) => ({ key: 'one', value: `${partition}`, partition })),
  )
  const read: ReceivedMessage[] = []
  for await (const message of client.readTopic(name)) read.push(message)
  t.same(read.map(({ partition, value }) => `${partition} ${value.toString()}`).sort(), [
    '0 0',
    '1 1',
    '2 2',
    '2 2',
  ])
})
