// The fixed messaging case in a test file: it ends with the file.
import t from 'tap'
import { makeMessaging } from './messaging-case.ts'
import type { MessagingCase, MessagingOptions } from './messaging-case.ts'
import { startTestStores } from './stores.ts'

export { keysFor, refusal } from './messaging-case.ts'
export type { Said, WitnessLine } from './messaging-case.ts'

/** Tables anew, an empty Redis, two gateways, and everybody registered, acquainted and connected. Ends with the file. */
export async function openMessaging(options: MessagingOptions = {}): Promise<MessagingCase> {
  const messaging = await makeMessaging(await startTestStores(['cassandra', 'redis']), options)
  t.teardown(() => messaging.close())
  return messaging
}
