import t from 'tap'
import type { Test } from 'tap'
import { eventually } from '../helpers/context.ts'
import { restartStore, signalStore } from '../helpers/kill.ts'
import { keysFor, openMessaging } from '../helpers/messaging.ts'
import type { Said } from '../helpers/messaging.ts'

// The stores start first, on a machine that others may share.
t.setTimeout(300_000)

const messaging = await openMessaging({ apart: true })
const { people, home } = messaging

/**
 * Somebody says things, to somebody who is away, until something has been done and ten more are acknowledged. What was
 * said before waits in a queue then.
 */
async function talk(t: Test, conversation: number, harm: () => Promise<void>): Promise<void> {
  const id = people.conversationId(conversation)
  const members = people.membersOf(conversation)
  const devices = members.flatMap((user) => messaging.devicesOf(user))
  const [one = 0, other = 0] = members
  await messaging.leave(messaging.device(other))
  const said: Said[] = []
  let isDone = false
  const harmed = (async () => {
    await eventually(() => said.length >= 10)
    await harm()
    isDone = true
  })()
  for (let after = 0; after < 10; after += isDone ? 1 : 0)
    said.push(await messaging.say(messaging.device(one), id))
  await harmed
  // One that finds nobody where it looks first looks at the other gateway.
  for (const device of devices)
    await eventually(() =>
      device.arrive().then(
        () => true,
        () => false,
      ),
    )
  for (const device of devices)
    await eventually(() => messaging.shown(device, id).length >= keysFor(device, said).length)
  await messaging.settled()
  for (const device of devices) t.same(messaging.shown(device, id), keysFor(device, said), device.address)
}

t.test(
  'Redis is killed while messages are sent: each that was acknowledged reaches each device once, in order',
  (t) =>
    talk(t, 0, async () => {
      await signalStore(home, 'redis', 'SIGKILL')
      await restartStore(home, 'redis')
    }),
)

t.test(
  'a gateway is killed while messages are sent: devices go to the other one, and each message reaches each once, in order',
  (t) =>
    talk(t, 1, () => {
      messaging.processes[0]?.kill()
      return Promise.resolve()
    }),
)
