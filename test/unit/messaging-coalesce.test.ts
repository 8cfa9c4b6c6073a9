import t from 'tap'
import { newCoalescer } from '../../src/workloads/messaging/fixed/gateway/coalesce.ts'

t.test(
  'identical reads that are under way are one, and what comes behind it is read anew (M-16)',
  async (t) => {
    const reads = newCoalescer()
    let asked = 0
    const ask = (): Promise<number> => {
      asked += 1
      return Promise.resolve(asked)
    }
    const [first, second, other] = await Promise.all([
      reads.read('a', ask),
      reads.read('a', ask),
      reads.read('b', ask),
    ])
    t.same(first, { found: 1, isShared: false })
    t.same(second, { found: 1, isShared: true })
    t.same(other, { found: 2, isShared: false })
    t.same(await reads.read('a', ask), { found: 3, isShared: false })
  },
)

t.test('a read that fails, fails for all who share it, and for nobody after (M-16)', async (t) => {
  const reads = newCoalescer()
  const fail = (): Promise<number> => Promise.reject(new Error('no'))
  const both = await Promise.allSettled([reads.read('a', fail), reads.read('a', fail)])
  t.same(
    both.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  t.same(await reads.read('a', () => Promise.resolve(1)), { found: 1, isShared: false })
})
