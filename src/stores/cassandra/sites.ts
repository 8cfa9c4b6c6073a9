import type { Topology } from '../../core/store.ts'

/** Where a node is whose snitch knows of nothing else: what SimpleSnitch says. */
export const DATACENTER = 'datacenter1'

/** One of several nodes: the loopback address of its own, and the data centre that it is said to be in. */
export interface Site {
  readonly host: string
  readonly datacenter: string
  /** The address by which nodes of other data centres know it: a way to it that may be cut. */
  readonly abroad?: string
}

/** The nodes of each topology that has several. */
export const SITES: Readonly<Partial<Record<Topology, readonly Site[]>>> = {
  cluster: ['127.0.0.1', '127.0.0.2', '127.0.0.3'].map((host) => ({ host, datacenter: DATACENTER })),
  'multi-dc': [1, 2, 3, 4].map((node) => ({
    host: `127.0.0.${node}`,
    datacenter: node <= 2 ? DATACENTER : 'datacenter2',
    abroad: `127.0.2.${node}`,
  })),
}

const RING = 2n ** 64n
/** So that no two data centres, which divide the ring alike, have a token in common. */
const STEP = 100n

/** The token of a node: each data centre's nodes divide the ring evenly. */
export function tokenOf(sites: readonly Site[], index: number): string {
  const datacenters = [...new Set(sites.map(({ datacenter }) => datacenter))]
  const own = sites[index]?.datacenter ?? DATACENTER
  const here = sites.flatMap(({ datacenter }, at) => (datacenter === own ? [at] : []))
  const part = (RING * BigInt(here.indexOf(index))) / BigInt(here.length)
  return String(-(2n ** 63n) + part + STEP * BigInt(datacenters.indexOf(own)))
}
