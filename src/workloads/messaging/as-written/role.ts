import { setTimeout } from 'node:timers/promises'
import { bulkhead } from 'cockatiel'
import { OperationFailure } from '../../../core/errors.ts'
import { deriveSeed, random01 } from '../../../core/random.ts'
import type { Variant } from '../../../core/workload.ts'
import type { RedisClient } from '../../../stores/redis/client.ts'
import { listenForCommands } from '../clients/listen.ts'
import { society as people } from '../model.ts'
import { buildPopulation } from '../population.ts'
import { messagingStores } from '../stores.ts'
import { textCommands } from './commands.ts'
import type { PollingDevice } from './device.ts'
import { SERVER } from './server.ts'
import { buildTextSociety } from './society.ts'

/** Devices that connect at a time. */
const AT_A_TIME = 32
const LOOK_MS = 50
const SERVER_WITHIN_MS = 30_000

async function portOf(redis: RedisClient): Promise<number> {
  const [port] = await redis.wave([['get', SERVER]])
  if (typeof port !== 'string') throw new OperationFailure('unavailable', 'no server is known')
  return Number(port)
}

/** The server begins at the same time as its clients. @throws OperationFailure when it has not come */
async function untilServer(redis: RedisClient, signal: AbortSignal): Promise<void> {
  const until = performance.now() + SERVER_WITHIN_MS
  for (;;) {
    try {
      await portOf(redis)
      return
    } catch (error) {
      if (performance.now() > until || signal.aborted) throw error
      await setTimeout(LOOK_MS)
    }
  }
}

async function arriveAll(devices: readonly PollingDevice[]): Promise<void> {
  const limit = bulkhead(AT_A_TIME, Infinity)
  await Promise.all(devices.map((device) => limit.execute(() => device.arrive())))
}

/**
 * Role `devices` of the text's variant: all devices of a run, which ask every second what is new, in a process of their
 * own. People make them do things over the same control socket as in the fixed one. @throws OperationFailure
 */
export const startTextDevices: Variant['roles'][string] = async (stores, population, _choice, host) => {
  const { redis } = messagingStores(stores, 'as-written')
  const seed = deriveSeed(population.seed, 'away')
  await untilServer(redis, host.signal)
  const society = buildTextSociety(buildPopulation(population), () => portOf(redis), host)
  await arriveAll(
    [...society.devices.values()].filter((_, index) => random01(seed, index) >= people.offline.value),
  )
  const control = await listenForCommands(society, textCommands, redis)
  return {
    async drained() {
      const wasBusy = control.underWay() > 0
      const all = [...society.devices.values()]
      await arriveAll(all)
      return all.every(({ isOnline }) => isOnline) && !wasBusy
    },
    async close() {
      society.close()
      await control.close()
    },
  }
}
