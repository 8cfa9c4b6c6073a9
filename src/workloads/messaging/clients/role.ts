import { setTimeout } from 'node:timers/promises'
import { OperationFailure, Refusal } from '../../../core/errors.ts'
import { deriveSeed, random01 } from '../../../core/random.ts'
import type { VariantName } from '../../../core/names.ts'
import type { Stores } from '../../../core/store.ts'
import type { Population, RoleHost, RunningRole, StrategyChoice } from '../../../core/workload.ts'
import type { RedisClient } from '../../../stores/redis/client.ts'
import { society as people } from '../model.ts'
import { buildPopulation } from '../population.ts'
import { messagingStores } from '../stores.ts'
import { acquaint } from './acquaintance.ts'
import { commands } from './commands.ts'
import type { CommandName } from './control.ts'
import { openEncryption } from './encryption/open.ts'
import { listenForCommands } from './listen.ts'
import { buildSociety, joinAll, returnAll } from './society.ts'
import type { Society } from './society.ts'

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

async function obey(society: Society, name: CommandName, ask: unknown, deadlineAt: number): Promise<unknown> {
  const { device: address } = ask as { readonly device: string }
  const device = society.devices.get(address)
  if (device === undefined) throw new Refusal('unknown device')
  const run = commands[name] as (
    society: Society,
    device: unknown,
    ask: unknown,
    deadlineAt: number,
  ) => Promise<unknown>
  return run(society, device, ask, deadlineAt)
}

/**
 * Role `devices`: all devices of a run, each with its own keys and its own socket, in a process of their own, so that
 * what they encrypt and decrypt is not taken for the system's work. People make them do things over a control socket.
 * @throws OperationFailure
 */
export function devicesRole(
  variant: VariantName,
): (stores: Stores, population: Population, choice: StrategyChoice, host: RoleHost) => Promise<RunningRole> {
  return async (stores, population, _choice, host) => {
    const { redis } = messagingStores(stores, variant)
    const seed = deriveSeed(population.seed, 'away')
    await untilGateways(redis, host.signal)
    const built = buildPopulation(population)
    const society = buildSociety(built, await openEncryption(), () => gatewayPorts(redis), host)
    acquaint(society, built)
    await joinAll(society, (index) => random01(seed, index) < people.offline.value)
    const control = await listenForCommands(
      (name, ask, deadlineAt) => obey(society, name, ask, deadlineAt),
      redis,
    )
    return {
      async drained() {
        // What nobody waits for any more goes on all the same: a device does not forget what it was to send.
        const wasBusy = control.underWay() > 0
        return (await returnAll(society)) && !wasBusy
      },
      async close() {
        console.log(JSON.stringify(society.counts()))
        society.close()
        await control.close()
      },
    }
  }
}
