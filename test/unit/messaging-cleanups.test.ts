import t from 'tap'
import { OperationFailure } from '../../src/core/errors.ts'
import { openCleanups } from '../../src/workloads/messaging/fixed/gateway/cleanups.ts'
import { eventually } from '../helpers/context.ts'

const timeout = (): Promise<never> => Promise.reject(new OperationFailure('timeout', 'the store is slow'))

t.test('what is to be deleted is tried until the store does it, and is under way until then', async (t) => {
  const cleanups = openCleanups()
  let tries = 0
  cleanups.run(() => {
    tries += 1
    return tries < 3 ? timeout() : Promise.resolve()
  })
  t.notOk(cleanups.isEmpty())
  await eventually(() => cleanups.isEmpty())
  t.equal(tries, 3)
})

t.test('a gateway that ends tries no more', async (t) => {
  const cleanups = openCleanups()
  cleanups.run(timeout)
  cleanups.close()
  await eventually(() => cleanups.isEmpty())
  t.ok(cleanups.isEmpty())
})
