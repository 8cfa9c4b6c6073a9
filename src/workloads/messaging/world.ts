import { deriveSeed, permute, zipfSampler } from '../../core/random.ts'
import type { Pace, Results } from '../../core/operation.ts'
import type { OperationName } from '../../core/names.ts'
import type { Population } from '../../core/population.ts'
import { addressOf, buildPopulation } from './population.ts'
import type { MessagingPopulation } from './population.ts'
import { shares, skew } from './model.ts'

/** What the traffic and the audits of the messaging case draw on. Pure in (seed, population). */
export interface MessagingWorld {
  readonly seed: number
  readonly population: MessagingPopulation
  /** A conversation by how much is said in it. @param uniform two numbers in [0, 1) */
  conversation(uniform: readonly [kind: number, rank: number]): number
  /** The address of one of a user's devices. */
  deviceOf(user: number, uniform: number): string
  /** The n-th device, in the order in which all are lost once before any is lost again. */
  roaming(index: number): string
  readonly pace: Pace
  readonly standIns: Record<OperationName, number>
}

/** Builds the world of one worker. */
export function messagingWorld(
  seed: number,
  population: Population,
  _results: Results,
  pace: Pace,
  standIns: Record<OperationName, number> = {},
): MessagingWorld {
  const built = buildPopulation(population)
  const traffic = deriveSeed(seed, 'traffic')
  const exponent = skew.conversations.value
  const pairs = zipfSampler(built.pairs, exponent)
  const groups = zipfSampler(built.groups, exponent)
  const pairOrder = deriveSeed(traffic, 'pairs')
  const groupOrder = deriveSeed(traffic, 'groups')
  const roamingOrder = deriveSeed(traffic, 'roaming')
  return {
    seed: traffic,
    population: built,
    conversation([kind, rank]) {
      if (kind >= shares.groups.value) return permute(pairs.rank(rank), built.pairs, pairOrder)
      return built.pairs + permute(groups.rank(rank), built.groups, groupOrder)
    },
    deviceOf(user, uniform) {
      const device = 1 + Math.floor(uniform * built.devicesOf(user))
      return addressOf({ user: built.userId(user), device })
    },
    roaming(index) {
      const user = permute(index % built.size, built.size, roamingOrder)
      return addressOf({ user: built.userId(user), device: 1 })
    },
    pace,
    standIns,
  }
}

/** Counts that something stood in for the result of an earlier arrival. */
export function countStandIn(world: MessagingWorld, operation: OperationName): void {
  world.standIns[operation] = (world.standIns[operation] ?? 0) + 1
}
