/** How a value of one kind is written in Redis: a version byte first, so that an old process misreads nothing (S-33). */
export interface Codec<Value> {
  encode(value: Value): string
  /** Undefined for a text of another version: it counts as a miss. */
  decode(text: string): Value | undefined
}

/** What stands for "there is no such object" (S-34); no codec's text begins with it. */
export const ABSENT_TEXT = '-'

/** True for a negative entry. */
export function isAbsentText(text: string): boolean {
  return text.startsWith(ABSENT_TEXT)
}
