import { arrivalKey } from '../../../core/operation.ts'
import type { Operation } from '../../../core/operation.ts'
import type { SocialApplication } from '../application.ts'
import { rates, shares } from '../model.ts'
import type { SocialWorld } from '../world.ts'
import { choose, rootOf, uniform, uniqueWord } from '../../../patterns/traffic/draw.ts'
import type { ArrivalId } from '../../../patterns/traffic/draw.ts'
import { CODE } from './code.ts'

/** A new user. */
interface Registration {
  readonly username: string
  readonly email: string
  readonly fullName: string
}

/** Changes of a profile; null leaves a field as it is. */
export interface ProfileUpdate {
  readonly userId: bigint
  readonly fullName: string | null
  readonly bio: string | null
  readonly username: string | null
  readonly key: number
}

const BIO_LENGTH = 150
const NAME_LENGTH = 100

/** A sign-up under a name that nobody else of the run asks for (SOC-30, SOC-31). */
export const userRegister: Operation<SocialApplication, SocialWorld, Registration, { userId: bigint }> = {
  name: 'user.register',
  claims: ['SOC-30', 'SOC-31'],
  kind: 'write',
  rate: rates['user.register'],
  targets: [],
  input(arrival, world) {
    const root = rootOf(world.seed, CODE.userRegister, arrival)
    const username = `new_${uniqueWord(arrival)}`
    return {
      username,
      email: `${username}@example.net`,
      fullName: world.population.user(choose(root, 0, world.population.size)).fullName,
    }
  },
  run: (application, registration, context) => application.register(registration, context),
  journal: ({ username, email }) => ({ username, email }),
  outcome: (_registration, { userId }) => ({ user: String(userId) }),
}

/**
 * Whose profile changes at an arrival of `profile.update`: often somebody whose profile is read often, too, and each
 * twice in a row, so that the second change meets caches that have seen the first.
 */
export function updatedUser(world: SocialWorld, id: ArrivalId): number {
  const first = { ...id, index: id.index - (id.index % 2) }
  return world.people.anybody.draw(uniform(rootOf(world.seed, CODE.profileUpdate, first), 0))
}

/** A user changes name and biography, and now and then the user name (SOC-34, SOC-42, SOC-81). */
export const profileUpdate: Operation<SocialApplication, SocialWorld, ProfileUpdate, { version: number }> = {
  name: 'profile.update',
  claims: ['SOC-34', 'SOC-81'],
  kind: 'write',
  rate: rates['profile.update'],
  targets: [],
  input(arrival, world) {
    const root = rootOf(world.seed, CODE.profileUpdate, arrival)
    const text = (choice: number): string => world.texts[choose(root, choice, world.texts.length)] ?? ''
    return {
      userId: world.population.userId(updatedUser(world, arrival)),
      fullName: text(1).slice(0, NAME_LENGTH),
      bio: text(2).slice(0, BIO_LENGTH),
      username: uniform(root, 3) < shares.renames.value ? `renamed_${uniqueWord(arrival)}` : null,
      key: arrivalKey(CODE.profileUpdate, arrival.phase, arrival.stream, arrival.index),
    }
  },
  run: (application, { userId, fullName, bio, username }, context) =>
    application.updateProfile({ userId, fullName, bio, username }, context),
  journal({ userId, username }) {
    return username === null ? { user: String(userId) } : { user: String(userId), username }
  },
  outcome: (_update, { version }) => ({ version }),
  result: ({ key }, { version }) => ({ key, id: BigInt(version) }),
}
