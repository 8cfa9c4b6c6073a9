import { Refusal } from '../../../core/errors.ts'
import type { Context } from '../../../core/operation.ts'
import type { ProfileView } from '../application.ts'
import type { HiddenSet } from './visibility.ts'
import type { Services } from './services.ts'

/** A user and the reader's hidden set, in one wave. */
export async function profileFor(
  services: Services,
  readerId: bigint,
  userId: bigint,
  context: Context,
): Promise<{ profile: ProfileView; hidden: HiddenSet }> {
  const { redis, cache, visibility } = services
  const { cost } = context
  const reader = readerId.toString()
  // What a user has just written of himself he sees, whichever process he asks.
  const lookup = cache.users.begin([userId.toString()], readerId === userId)
  const commands = [visibility.hiddenCommand(reader)]
  if (lookup.command !== undefined) commands.push(lookup.command)
  const [members = [], reply = null] = await redis.wave(commands, cost)
  const hidden = await visibility.hidden(reader, members, cost)
  const [profile] = await cache.users.complete(lookup, reply, cost)
  if (profile === undefined) throw new Refusal('not-found')
  return { profile, hidden }
}

/**
 * A profile with its counts, from the caches as a rule (SOC-81). Private accounts show their profile, not their posts.
 * @throws Refusal `not-found`, or `blocked` in either direction
 */
export async function readProfile(
  services: Services,
  request: { readerId: bigint; userId: bigint },
  context: Context,
): Promise<ProfileView> {
  const { profile, hidden } = await profileFor(services, request.readerId, request.userId, context)
  if (hidden.has(`b${request.userId}`)) throw new Refusal('blocked')
  return profile
}
