import type { Client } from 'cassandra-driver'
import type { StoreEndpoint } from '../../core/store.ts'
import { openDriver } from './driver.ts'
import { classify } from './failures.ts'

const ANSWER_MS = 5_000

/** A driver of its own for a few questions, closed whatever happens. @throws OperationFailure or ArchError, see `classify` */
export async function withSession<Result>(
  endpoint: StoreEndpoint,
  work: (driver: Client) => Promise<Result>,
): Promise<Result> {
  let driver: Client | undefined
  try {
    driver = await openDriver(endpoint, { connections: 1, applicationName: 'arch', timeoutMs: ANSWER_MS })
    return await work(driver)
  } catch (error) {
    throw classify(error)
  } finally {
    await driver?.shutdown().catch(() => undefined)
  }
}
