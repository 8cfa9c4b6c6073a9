import type { StoreName } from '../core/names.ts'
import type { Topology } from '../core/store.ts'

/** One topology for every store, or some stores by name and the others single. */
export type TopologyWish = Topology | Readonly<Record<StoreName, Topology>>

/** What is wished for one store. */
export function wishedOf(wish: TopologyWish, store: StoreName): Topology {
  return typeof wish === 'string' ? wish : (wish[store] ?? 'single')
}

/** What is wished for the stores that are not named. */
export function wishedGenerally(wish: TopologyWish): Topology {
  return typeof wish === 'string' ? wish : 'single'
}
