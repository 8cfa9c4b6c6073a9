import t from 'tap'
import type { ReceivedMessage } from '../../src/stores/kafka/client.ts'
import { newWitness } from '../../src/workloads/analytics/experiments/kafka-client/witness.ts'

async function* stored(numbers: readonly number[]): AsyncGenerator<ReceivedMessage> {
  for (const [offset, number] of numbers.entries()) {
    const place = { topic: 't', partition: 0, offset: BigInt(offset), headers: {}, timestampMs: 0 }
    yield { ...place, key: String(number), value: Buffer.alloc(0) }
  }
}

t.test('what is acknowledged and not there is lost, what is there again is doubled', async (t) => {
  const witness = newWitness(10)
  witness.acknowledge(0, 3)
  witness.acknowledge(5, 2)
  t.equal(witness.acknowledged, 5)
  // 2 is lost; 0 is there three times; 9 was never acknowledged and is there; 10 does not count.
  t.same(await witness.compare(stored([0, 1, 0, 5, 6, 0, 9, 10, 10])), {
    acknowledged: 5,
    lost: 1,
    doubled: 2,
    unknown: 5,
  })
})
