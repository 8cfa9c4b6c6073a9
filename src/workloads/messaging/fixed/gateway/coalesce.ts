/** Reads that are under way, by what they ask. */
export interface Coalescer {
  /** What `ask` answers, or what an identical read that is under way does. */
  read<Answer>(key: string, ask: () => Promise<Answer>): Promise<Answer>
  /** Answered, and asked of the store. */
  counts(): { readonly answered: number; readonly asked: number }
}

/** In front of hot partitions: a thousand members that open a conversation at once are one read (M-16, C-21). */
export function newCoalescer(): Coalescer {
  const underWay = new Map<string, Promise<unknown>>()
  let answered = 0
  let asked = 0
  return {
    read<Answer>(key: string, ask: () => Promise<Answer>): Promise<Answer> {
      answered += 1
      const known = underWay.get(key) as Promise<Answer> | undefined
      if (known !== undefined) return known
      asked += 1
      const answer = ask().finally(() => underWay.delete(key))
      underWay.set(key, answer)
      return answer
    },
    counts: () => ({ answered, asked }),
  }
}
