/**
 * `lease:{key}`: list whose head is the token of the one process that is filling `key`; whoever changes the truth deletes
 * it, so that a stale fill is not stored (S-36).
 */
export function leaseKey(key: string): string {
  return `lease:${key}`
}

/** The channel on which processes tell each other which cached keys are stale: one key a message, or several, by `\n`. */
export const INVALIDATION_CHANNEL = 'invalidate'
