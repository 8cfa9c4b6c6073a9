/** What a case of a fault has come to, over all its rounds. */
export interface Tally {
  readonly name: string
  /** Orders, changes of products, or searches, that the fault could have hit. */
  count: number
  acknowledged: number
  /** Those without an answer that are there, or not. */
  happened: number
  notHappened: number
  refused: number
  /** Acknowledged ones that are not there, and those that are there more than once: none. */
  lost: number
  doubled: number
  /** What audits and checks have found, a line each: nothing. */
  readonly violated: string[]
}

export function newTally(name: string): Tally {
  return {
    name,
    count: 0,
    acknowledged: 0,
    happened: 0,
    notHappened: 0,
    refused: 0,
    lost: 0,
    doubled: 0,
    violated: [],
  }
}

/** Whether nothing was lost, doubled or violated. */
export function isRight(tally: Tally): boolean {
  return tally.lost === 0 && tally.doubled === 0 && tally.violated.length === 0
}

/** Counts one order. @param there how many orders there are of it */
export function countOrder(tally: Tally, outcome: 'ok' | 'refused' | 'unknown', there: number): void {
  tally.count += 1
  if (outcome === 'ok') tally.acknowledged += 1
  if (outcome === 'refused') tally.refused += 1
  if (outcome === 'unknown' && there > 0) tally.happened += 1
  if (outcome === 'unknown' && there === 0) tally.notHappened += 1
  if (outcome === 'ok' && there === 0) tally.lost += 1
  if (outcome === 'refused' && there > 0) tally.violated.push('a refused order is there')
  if (there > 1) tally.doubled += 1
}

/** Several tallies as one. */
export function sumOf(name: string, tallies: readonly Tally[]): Tally {
  const sum = newTally(name)
  for (const tally of tallies) {
    sum.count += tally.count
    sum.acknowledged += tally.acknowledged
    sum.happened += tally.happened
    sum.notHappened += tally.notHappened
    sum.refused += tally.refused
    sum.lost += tally.lost
    sum.doubled += tally.doubled
    sum.violated.push(...tally.violated)
  }
  return sum
}

/** A tally as a line. */
export function lineOf(tally: Tally): string {
  const { count, acknowledged, happened, notHappened, refused, lost, doubled, violated } = tally
  return `${tally.name}: ${count} asked, ${acknowledged} acknowledged, ${refused} refused, ${happened + notHappened} unknown (${happened} happened, ${notHappened} not), ${lost} lost, ${doubled} doubled, ${violated.length} violations`
}
