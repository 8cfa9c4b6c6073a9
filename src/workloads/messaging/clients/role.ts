import { setTimeout } from 'node:timers/promises'
import { OperationFailure } from '../../../core/errors.ts'
import { deriveSeed, random01 } from '../../../core/random.ts'
import type { Variant } from '../../../core/workload.ts'
import type { RedisClient } from '../../../stores/redis/client.ts'
import { society as people } from '../model.ts'
import { buildPopulation } from '../population.ts'
import { messagingStores } from '../stores.ts'
import { acquaint } from './acquaintance.ts'
import { commands } from './commands.ts'
import { openEncryption } from './encryption/open.ts'
import { listenForCommands } from './listen.ts'
import { buildSociety, joinAll, returnAll } from './society.ts'

/** Key of Redis in which gateways say where they are: what a name service would tell. */
const GATEWAYS = 'gateways'
const LOOK_MS = 50
const GATEWAYS_WITHIN_MS = 30_000

async function gatewayPorts(redis: RedisClient): Promise<readonly number[]> {
  const [ports] = await redis.wave([['hvals', GATEWAYS]])
  return Array.isArray(ports) ? ports.map(Number).sort((one, other) => one - other) : []
}

/** Gateways begin at the same time as their clients. @throws OperationFailure when none has come */
async function untilGateways(redis: RedisClient, signal: AbortSignal): Promise<void> {
  const until = performance.now() + GATEWAYS_WITHIN_MS
  while ((await gatewayPorts(redis)).length < 2) {
    if (performance.now() > until || signal.aborted)
      throw new OperationFailure('unavailable', 'no gateway has begun')
    await setTimeout(LOOK_MS)
  }
}

/**
 * Role `devices`: all devices of a run, each with its own keys and its own socket, in a process of their own, so that
 * what they encrypt and decrypt is not taken for the system's work. People make them do things over a control socket.
 * @throws OperationFailure
 */
export const startDevices: Variant['roles'][string] = async (stores, population, _choice, host) => {
  const { redis } = messagingStores(stores, 'fixed')
  const seed = deriveSeed(population.seed, 'away')
  await untilGateways(redis, host.signal)
  const built = buildPopulation(population)
  const society = buildSociety(built, await openEncryption(), () => gatewayPorts(redis), host)
  acquaint(society, built)
  await joinAll(society, (index) => random01(seed, index) < people.offline.value)
  const control = await listenForCommands(society, commands, redis)
  return {
    async drained() {
      // What nobody waits for any more goes on all the same: a device does not forget what it was to send.
      const wasBusy = control.underWay() > 0 || society.fetching() > 0
      return (await returnAll(society)) && !wasBusy
    },
    async close() {
      console.log(JSON.stringify(society.counts()))
      society.close()
      await control.close()
    },
  }
}
