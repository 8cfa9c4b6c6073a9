/** What a read found, and whether another one that was under way found it. */
export interface Coalesced<Found> {
  readonly found: Found
  readonly isShared: boolean
}

/** Reads that are under way, by what they ask. */
export interface Coalescer {
  /** What `ask` finds, or what an identical read that is under way does. */
  read<Found>(key: string, ask: () => Promise<Found>): Promise<Coalesced<Found>>
}

/** In front of hot partitions: a thousand members that open a conversation at once are one read (M-16, C-21). */
export function newCoalescer(): Coalescer {
  const underWay = new Map<string, Promise<unknown>>()
  return {
    async read<Found>(key: string, ask: () => Promise<Found>): Promise<Coalesced<Found>> {
      const known = underWay.get(key) as Promise<Found> | undefined
      if (known !== undefined) return { found: await known, isShared: true }
      const own = ask().finally(() => underWay.delete(key))
      underWay.set(key, own)
      return { found: await own, isShared: false }
    },
  }
}
