import t from 'tap'
import { poolSizeOf } from '../../src/session/pool-size.ts'
import { workload } from '../../src/workloads/social/index.ts'

const { fixed, 'as-written': asWritten } = workload.variants

t.test('the fixed variant has two connections a core, 4 to 16', async (t) => {
  const sizes = [1, 2, 3, 8, 64].map((cores) => poolSizeOf(fixed, cores))
  t.strictSame(sizes, [4, 4, 6, 16, 16])
})

t.test('the text says nothing of a pool: as written it has the 10 connections of the driver', async (t) => {
  const sizes = [1, 2, 64].map((cores) => poolSizeOf(asWritten, cores))
  t.strictSame(sizes, [10, 10, 10])
})
