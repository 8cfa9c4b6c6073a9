// Redis as its clients see it after a kill, without starting it again: what it held is gone, or connections are.
import { eventually } from '../context.ts'
import type { MessagingCase } from '../messaging-case.ts'

const CUT = ['client', 'kill', 'type', 'normal', 'skipme', 'yes'] as const
const UNSUBSCRIBE = ['client', 'kill', 'type', 'pubsub'] as const

/** Redis has lost all that it held, and everybody but this process's own client is cut off. Nobody is back yet. */
async function forgetAll({ own: { redis } }: MessagingCase): Promise<void> {
  await redis.wave([['multi'], ['flushdb'], CUT, UNSUBSCRIBE, ['exec']])
}

/** The same, and everybody who was there is back. */
export async function loseRedis(messaging: MessagingCase): Promise<void> {
  const { own, society } = messaging
  const here = [...society.devices.values()].filter(({ isOnline }) => isOnline)
  await forgetAll(messaging)
  for (const device of here) {
    await eventually(async () => (await own.redis.wave([['exists', `route:${device.address}`]]))[0] === 1)
    await eventually(() =>
      device.arrive().then(
        () => device.isOnline,
        () => false,
      ),
    )
  }
}

/** Everybody else's connections are cut; what Redis holds stays. */
export async function cutRedis({ own: { redis } }: MessagingCase): Promise<void> {
  await redis.wave([CUT])
}

/** Everybody's subscriptions are cut, and nothing else. */
export async function cutSubscriptions({ own: { redis } }: MessagingCase): Promise<void> {
  await redis.wave([UNSUBSCRIBE])
}
