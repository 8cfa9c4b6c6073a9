import type { ArrivalId } from '../../../patterns/traffic/draw.ts'

/** Arrivals that may be missing between the plan's newest and the newest that is known: they come in bursts, some fail. */
const REACH = 64

/** `newest`, or the nearest arrival before it, in steps of `modulus`, of which something is known. */
export function newestKnown(
  newest: ArrivalId | undefined,
  modulus: number,
  isKnown: (id: ArrivalId) => boolean,
): ArrivalId | undefined {
  if (newest === undefined) return undefined
  const last = Math.max(0, newest.index - REACH * modulus)
  for (let index = newest.index; index >= last; index -= modulus) {
    const id = { ...newest, index }
    if (isKnown(id)) return id
  }
  return undefined
}
