import { Refusal } from '../../../core/errors.ts'

/** How long PostgreSQL says that a text is: characters, where JavaScript counts UTF-16 units. */
export function characterCount(text: string): number {
  return Array.from(text).length
}

/** What a name or an address is unique by: compatibility forms and case do not make it another one (S-10). */
export function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase().normalize('NFKC')
}

/**
 * The folded form, if the text and it fit their columns (SOC-30, SOC-31).
 * @throws Refusal `invalid` when one is empty or too long
 */
export function foldWithin(text: string, longest: number): string {
  const folded = fold(text)
  for (const form of [text, folded]) {
    const length = characterCount(form)
    if (length === 0 || length > longest) throw new Refusal('invalid')
  }
  return folded
}
