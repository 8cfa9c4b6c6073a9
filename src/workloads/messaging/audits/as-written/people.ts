import type { MessagingPopulation } from '../../population.ts'

/** The members of each conversation of a run: the text has no table of them (M-12). */
export function conversationsOf(population: MessagingPopulation): ReadonlyMap<string, readonly bigint[]> {
  const all = new Map<string, readonly bigint[]>()
  for (let index = 0; index < population.pairs + population.groups; index += 1)
    all.set(
      population.conversationId(index),
      population.membersOf(index).map((user) => population.userId(user)),
    )
  return all
}

/** Whose device an address is. */
export function senderOf(address: string): bigint {
  return BigInt(address.slice(0, address.indexOf(':')))
}
