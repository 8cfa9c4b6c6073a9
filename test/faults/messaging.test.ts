import t from 'tap'
import type { Test } from 'tap'
import { CANARY, textOf } from '../../src/workloads/messaging/clients/plaintext.ts'
import { formsOf } from '../../src/workloads/messaging/audits/plaintext-nowhere.ts'
import { eventually } from '../helpers/context.ts'
import { filesHolding } from '../helpers/files-holding.ts'
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

t.test('what was said is in no file of a store or a gateway: log, commit log, dump (M-07)', async (t) => {
  const id = people.conversationId(2)
  const [one = 0, other = 0] = people.membersOf(2)
  await messaging.leave(messaging.device(other))
  const { key } = await messaging.say(messaging.device(one), id)
  // Its words in a home that others may have used: those behind the name that the sender gave it.
  const words = textOf(key).slice(CANARY.length + 1)
  const stored = Buffer.from(key.replaceAll('-', ''), 'hex')
  t.ok((await filesHolding(home, [stored])).length > 0, 'the name itself is in files that are looked at')
  t.same(await filesHolding(home, formsOf(words)), [])
})
