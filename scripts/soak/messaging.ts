// `npm run soak:messaging [-- --count 100 --only drain]`: every fault of test/faults/messaging*.test.ts as often as is
// said, on stores of their own: cuts of devices, or kills. Prints a line a case and a total; exit code 1 when anything was
// lost, doubled or violated.
import { cutDrains, PLACES } from '../../test/helpers/faults/drains.ts'
import { answerAlone } from '../../test/helpers/faults/message-copies.ts'
import { cutMessages, spreadGateways } from '../../test/helpers/faults/message-cuts.ts'
import { killCassandraNode, killGateway, killRedis } from '../../test/helpers/faults/message-kills.ts'
import {
  harmOf,
  messageLineOf,
  newMessageTally,
  sumOfMessages,
} from '../../test/helpers/faults/message-tally.ts'
import type { MessageTally } from '../../test/helpers/faults/message-tally.ts'
import { startMessagingStores } from '../../test/helpers/faults/stores.ts'
import type { MessagingTopology } from '../../test/helpers/faults/stores.ts'
import { makeMessaging } from '../../test/helpers/messaging-case.ts'
import type { MessagingCase } from '../../test/helpers/messaging-case.ts'
import { soakOptions } from './options.ts'

const { count, only, isStopping: isAsked } = soakOptions()
/** After a round that did not come to its end nothing more is tried. */
let isBroken = false
const isStopping = (): boolean => isBroken || isAsked()
/** People, and conversations side by side where devices are cut off, so often each in a round. */
const SIZE = 24
const TALKS = 10
const CUTS = 6
const NODES = 3
const told: MessageTally[] = []

/** A round that did not come to its end is a violation too. */
function broken(name: string, error: unknown): MessageTally {
  const tally = newMessageTally(name)
  tally.violated.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
  return tally
}

type Fault = (messaging: MessagingCase, round: number) => Promise<MessageTally>

/** Repeats a fault until it has come as often as is said, and prints a line. */
async function repeat(messaging: MessagingCase, name: string, fault: Fault): Promise<void> {
  const since = performance.now()
  const tallies: MessageTally[] = []
  let times = 0
  try {
    for (let round = 0; times < count && !isStopping(); round += 1) {
      const tally = await fault(messaging, round)
      tallies.push(tally)
      times += tally.times
    }
  } catch (error) {
    tallies.push(broken(name, error))
    isBroken = true
  }
  const sum = sumOfMessages(name, tallies)
  const seconds = ((performance.now() - since) / 1_000).toFixed(0)
  console.log(`${messageLineOf(sum)}, in ${seconds} s`)
  for (const violation of sum.violated) console.log(`  ${violation}`)
  told.push(sum)
}

/** Runs cases on stores of their own, unless none of them is asked for. */
async function withMessaging(
  topology: MessagingTopology,
  faults: Readonly<Record<string, Fault>>,
): Promise<void> {
  const asked = Object.entries(faults).filter(([name]) => name.includes(only))
  if (isStopping() || asked.length === 0) return
  const started = await startMessagingStores(topology)
  try {
    const messaging = await makeMessaging(started, { size: SIZE, apart: true })
    try {
      if (topology !== 'single') await answerAlone(messaging)
      if (topology === 'multi-dc') await spreadGateways(messaging)
      for (const [name, fault] of asked) if (!isStopping()) await repeat(messaging, name, fault)
    } finally {
      await messaging.close()
    }
  } finally {
    await started.close()
  }
}

await withMessaging('single', {
  'devices cut off in the middle of a drain': (messaging, round) => {
    const place = PLACES[round % PLACES.length] ?? 'redis'
    return cutDrains(messaging, { round, place, talks: TALKS, cuts: CUTS })
  },
  'gateway killed': (messaging, round) => killGateway(messaging, round % 2),
  'redis killed': (messaging) => killRedis(messaging),
})
await withMessaging('cluster', {
  'cassandra node killed': (messaging, round) => killCassandraNode(messaging, round % NODES),
})
await withMessaging('multi-dc', {
  'data centers cut': (messaging, round) => cutMessages(messaging, round % 2 === 1),
})

const total = sumOfMessages(`total of ${told.length} cases`, told)
console.log(messageLineOf(total))
process.exitCode = harmOf(total).length === 0 && total.times > 0 ? 0 : 1
