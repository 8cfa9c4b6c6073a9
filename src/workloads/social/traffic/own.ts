import { arrivalKey } from '../../../core/operation.ts'
import { shares } from '../model.ts'
import type { SocialWorld } from '../world.ts'
import { uniform } from '../../../patterns/traffic/draw.ts'
import type { ArrivalId } from '../../../patterns/traffic/draw.ts'

/** Posts and comments on a page of a list. */
export const PAGE = 20

/** Some readers of a list look for what they have just written. */
export function wantsOwn(root: number): boolean {
  return uniform(root, 0) < shares.ownWriteReads.value
}

/** What an earlier arrival made, or undefined while that is unknown. */
export function resultOf(world: SocialWorld, code: number, id: ArrivalId): bigint | undefined {
  return world.results.get(arrivalKey(code, id.phase, id.stream, id.index))
}
