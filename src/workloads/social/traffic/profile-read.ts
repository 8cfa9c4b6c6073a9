import type { Arrival, Check, Operation } from '../../../core/operation.ts'
import type { ProfileView, SocialApplication } from '../application.ts'
import { rates, shares } from '../model.ts'
import type { SocialWorld } from '../world.ts'
import { countStandIn } from '../world.ts'
import { rootOf, uniform } from '../../../patterns/traffic/draw.ts'
import { earlier } from '../../../patterns/traffic/earlier.ts'
import { resultOf } from './own.ts'
import { updatedUser } from './users.ts'
import { CODE } from './code.ts'

const NAME = 'profile.read'

/** A look at a profile, and the version that the reader has already been told of. */
interface ProfileRead {
  readonly readerId: bigint
  readonly userId: bigint
  readonly atLeast: number | undefined
}

const readYourUpdate: Check<ProfileRead, ProfileView, SocialWorld> = {
  name: 'profile.read-your-update',
  claims: ['SOC-78', 'SOC-81'],
  defects: ['S-32', 'S-36'],
  check({ userId, atLeast }, profile) {
    if (atLeast === undefined) return undefined
    if (profile.version >= atLeast) return true
    return { message: `${userId} was told of version ${atLeast} and reads version ${profile.version}` }
  },
}

const readMatches: Check<ProfileRead, ProfileView, SocialWorld> = {
  name: 'profile.read-matches',
  claims: ['SOC-76'],
  defects: ['S-33'],
  check({ userId }, profile) {
    return profile.userId === userId ? true : { message: `asked for ${userId}, got ${profile.userId}` }
  },
}

/** A user looks at the own profile after an update of a second and more ago, which every process knows of by then. */
function ownProfile(arrival: Arrival, world: SocialWorld, root: number): ProfileRead | undefined {
  const parent = earlier(world.pace, arrival, {
    operation: 'profile.update',
    lagSeconds: 1.5 + 3 * uniform(root, 3),
  })
  const version = parent && resultOf(world, CODE.profileUpdate, parent)
  if (parent === undefined || version === undefined) {
    countStandIn(world, NAME)
    return undefined
  }
  const userId = world.population.userId(updatedUser(world, parent))
  return { readerId: userId, userId, atLeast: Number(version) }
}

/** A look at a profile, popular ones most (SOC-76, SOC-81). */
export const profileRead: Operation<SocialApplication, SocialWorld, ProfileRead, ProfileView> = {
  name: NAME,
  claims: ['SOC-76', 'SOC-81'],
  kind: 'read',
  rate: rates[NAME],
  targets: [],
  checks: [readMatches, readYourUpdate],
  input(arrival, world) {
    const root = rootOf(world.seed, CODE.profileRead, arrival)
    const own = uniform(root, 0) < shares.ownWriteReads.value ? ownProfile(arrival, world, root) : undefined
    return (
      own ?? {
        readerId: world.population.userId(world.people.active.draw(uniform(root, 1))),
        userId: world.population.userId(world.people.anybody.draw(uniform(root, 2))),
        atLeast: undefined,
      }
    )
  },
  run: (application, { readerId, userId }, context) => application.readProfile({ readerId, userId }, context),
}
