/** Who in this process works on which partition, for which group: one consumer at a time. */
export interface Claims {
  /** Waits until nobody else holds `key`; false, and nothing is held, when `signal` aborts first. */
  acquire(key: string, owner: object, signal: AbortSignal): Promise<boolean>
  /** Gives back everything that `owner` holds. */
  release(owner: object): void
}

interface Held {
  readonly owner: object
  readonly released: Promise<void>
  readonly release: () => void
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** Claims of one process, or of one client. */
export function newClaims(): Claims {
  const held = new Map<string, Held>()
  return {
    async acquire(key, owner, signal) {
      for (let other = held.get(key); other !== undefined; other = held.get(key)) {
        if (other.owner === owner) return true
        await Promise.race([other.released, aborted(signal)])
        if (signal.aborted) return false
      }
      const { promise, resolve } = Promise.withResolvers<void>()
      held.set(key, { owner, released: promise, release: resolve })
      return true
    },
    release(owner) {
      for (const [key, { owner: holder, release }] of held) {
        if (holder !== owner) continue
        held.delete(key)
        release()
      }
    },
  }
}
