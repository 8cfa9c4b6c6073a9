// Kills where the server drops what all devices have (M-18): what is dropped too early shows here, since queues are made anew
// from what is left.
import t from 'tap'
import { cutDrains } from '../helpers/faults/drains.ts'
import { killGateway, killRedis } from '../helpers/faults/message-kills.ts'
import { harmOf } from '../helpers/faults/message-tally.ts'
import { openMessaging } from '../helpers/messaging.ts'

// The stores start first, on a machine that others may share.
t.setTimeout(600_000)

const messaging = await openMessaging({ apart: true, forwardsOnly: true })
const { cassandra } = messaging.own

/** Messages that are in the log with their envelopes. */
async function whole(): Promise<number> {
  const text = 'SELECT envelope FROM messages'
  const rows = await cassandra.query<{ readonly envelope: Uint8Array }>({ text, idempotent: true })
  return rows.filter(({ envelope }) => envelope.length > 0).length
}

t.test('a device that is cut off in the middle of a drain shows each message once, in order', async (t) => {
  t.same(harmOf(await cutDrains(messaging, { round: 0, place: 'moving', talks: 1, cuts: 2 })), [])
})

t.test('Redis is killed while messages are sent: each that was acknowledged reaches each device', async (t) =>
  t.same(harmOf(await killRedis(messaging)), []),
)

t.test(
  'a gateway is killed while messages are sent: each that was acknowledged reaches each device',
  async (t) => t.same(harmOf(await killGateway(messaging, 0)), []),
)

t.test('and of all that was said the log has nothing any more that can be read', async (t) => {
  await messaging.settled()
  t.equal(await whole(), 0)
})
