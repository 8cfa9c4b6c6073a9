import t from 'tap'
import { answerAlone, killCassandraNode } from '../helpers/faults/message-kills.ts'
import { harmOf } from '../helpers/faults/message-tally.ts'
import { startMessagingStores } from '../helpers/faults/stores.ts'
import { makeMessaging } from '../helpers/messaging-case.ts'

// Three nodes start in ten seconds or in thirty, and one of them does so twice.
t.setTimeout(400_000)

const started = await startMessagingStores('cluster')
t.teardown(() => started.close())
const messaging = await makeMessaging(started, { apart: true })
t.teardown(() => messaging.close())

t.test(
  'one of three nodes of Cassandra is killed while messages are sent: the others go on, each message that was acknowledged reaches each device once, in order, and the node catches up',
  async (t) => {
    await answerAlone(messaging)
    const tally = await killCassandraNode(messaging, 1)
    t.same(harmOf(tally), [])
    t.ok(tally.acknowledged > 200, `${tally.acknowledged} were acknowledged, ${tally.unknown} had no answer`)
  },
)
