import t from 'tap'
import { cutDrains, PLACES } from '../helpers/faults/drains.ts'
import type { Place } from '../helpers/faults/drains.ts'
import { killGateway, killRedis } from '../helpers/faults/message-kills.ts'
import { harmOf } from '../helpers/faults/message-tally.ts'
import { openMessaging } from '../helpers/messaging.ts'

// The stores start first, on a machine that others may share.
t.setTimeout(300_000)

const messaging = await openMessaging({ apart: true })

const WHERE: Readonly<Record<Place, string>> = {
  redis: 'that waits in Redis',
  moved: 'that was moved to the store before',
  moving: 'that is moved to the store meanwhile',
}

for (const [round, place] of PLACES.entries())
  t.test(
    `a device that is cut off in the middle of what ${WHERE[place]} shows each message once, in order`,
    async (t) => {
      const tally = await cutDrains(messaging, { round, place, talks: 2, cuts: 3 })
      t.ok(tally.times > 0, `it was cut off ${tally.times} times before it had all`)
      t.same(harmOf(tally), [])
    },
  )

t.test(
  'Redis is killed while messages are sent: each that was acknowledged reaches each device once, in order',
  async (t) => t.same(harmOf(await killRedis(messaging)), []),
)

t.test(
  'a gateway is killed while messages are sent: devices go to the other one, and each message reaches each once, in order',
  async (t) => t.same(harmOf(await killGateway(messaging, 0)), []),
)
