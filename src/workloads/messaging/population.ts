import { createHash } from 'node:crypto'
import { composeId, EPOCH_MS, SHARDS, timeOfId } from '../../core/snowflake.ts'
import { deriveSeed, permute, random01, randomBelow } from '../../core/random.ts'
import type { Population } from '../../core/population.ts'
import { society } from './model.ts'

/** A user's device: each has keys, a queue and a socket of its own (M-25). */
export interface DeviceAddress {
  readonly user: bigint
  readonly device: number
}

/** The people of a run and their conversations. Users and conversations are counted from 0. Pure in (seed, size). */
export interface MessagingPopulation {
  readonly size: number
  /** Conversations of two are numbered below it; groups from it on. */
  readonly pairs: number
  readonly groups: number
  userId(user: number): bigint
  /** 1 or 2. */
  devicesOf(user: number): number
  conversationId(conversation: number): string
  /** Each once, in no particular order. */
  membersOf(conversation: number): readonly number[]
}

/** The decimal address of a device, as frames and keys of Redis have it. */
export function addressOf({ user, device }: DeviceAddress): string {
  return `${user}:${device}`
}

function uuidFrom(bytes: Buffer, version: number): string {
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | (version << 4)
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString('hex', 0, 16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** The uuid of a name: SHA-256 in a version 8 uuid (RFC 9562, 5.8). */
export function uuidOf(name: string): string {
  return uuidFrom(createHash('sha256').update(name).digest(), 8)
}

/** What version 5 hashes before the two users. */
const PAIRS = Buffer.from('8d3f1c5a6f0e4b0c9a55c1f2d7e0b6a4', 'hex')

/**
 * The conversation of two users: the same whoever of them begins it, and twice at once (M-22). A version 5 uuid (RFC
 * 9562, 5.5), which no group has: nobody can be in the place of the two before they come.
 */
export function pairId(one: bigint, other: bigint): string {
  const name = one < other ? `${one} ${other}` : `${other} ${one}`
  return uuidFrom(createHash('sha1').update(PAIRS).update(name).digest(), 5)
}

/** Whether a conversation's id is that of some two users. */
export function isPairId(conversation: string): boolean {
  return conversation[14] === '5'
}

/** The id of the n-th user. */
export function userIdOf(user: number): bigint {
  return composeId({ timeMs: EPOCH_MS + 1 + user, shard: user % SHARDS, worker: 0, sequence: 0 })
}

/** Which user an id of `userIdOf` is. */
export function userOf(id: bigint): number {
  return timeOfId(id) - EPOCH_MS - 1
}

/** Half of the contacts are those that a user has begun; the other half has begun with them. */
const BEGUN = society.contacts.value / 2

/** Builds the people of a run. */
export function buildPopulation({ seed, size }: Population): MessagingPopulation {
  const order = deriveSeed(seed, 'people')
  const groupSeed = deriveSeed(seed, 'groups')
  const deviceSeed = deriveSeed(seed, 'devices')
  // Users on a ring know those at fixed distances, each pair once while the distances are below half of the ring.
  const begun = Math.min(BEGUN, Math.floor((size - 1) / 2))
  const distance = (contact: number): number => 1 + Math.floor(((size - 1) / 2 / BEGUN) * contact)
  const pairs = size * begun
  const groups = Math.max(1, Math.round(size * society.groups.value))
  const smallest = society.smallestGroup.value
  const largest = Math.min(society.largestGroup.value, size)

  function groupSize(group: number): number {
    const pareto = smallest / Math.sqrt(1 - random01(groupSeed, group))
    return Math.min(largest, Math.floor(pareto))
  }

  function membersOf(conversation: number): readonly number[] {
    if (conversation < pairs) {
      const one = Math.floor(conversation / begun)
      const other = (one + distance(conversation % begun)) % size
      return [permute(one, size, order), permute(other, size, order)]
    }
    const group = conversation - pairs
    const start = randomBelow(size, groupSeed, group, 1)
    const own = deriveSeed(groupSeed, `${group}`)
    return Array.from({ length: groupSize(group) }, (_, member) =>
      permute((start + member) % size, size, own),
    )
  }

  return {
    size,
    pairs,
    groups,
    userId: userIdOf,
    devicesOf: (user) => (random01(deviceSeed, user) < society.secondDevices.value ? 2 : 1),
    conversationId(conversation) {
      if (conversation >= pairs) return uuidOf(`group ${seed} ${conversation - pairs}`)
      const [one = 0, other = 0] = membersOf(conversation)
      return pairId(userIdOf(one), userIdOf(other))
    },
    membersOf,
  }
}
