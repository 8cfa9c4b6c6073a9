/**
 * A word with one typing error behind its first letter: two letters changed over, one left out, or one typed twice.
 * @param uniform a number in [0, 1)
 */
export function misspell(word: string, uniform: number): string {
  if (word.length < 4) return word
  const kind = Math.floor(uniform * 3)
  const at = 1 + (Math.floor(uniform * 3_000) % (word.length - 2))
  const [before, one, other, after] = [
    word.slice(0, at),
    word.charAt(at),
    word.charAt(at + 1),
    word.slice(at + 2),
  ]
  if (kind === 0) return `${before}${other}${one}${after}`
  return kind === 1 ? `${before}${other}${after}` : `${before}${one}${one}${other}${after}`
}
