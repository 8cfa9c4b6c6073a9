import { CANARY } from '../clients/plaintext.ts'

const UUID_LENGTH = 36

/** What the sender named a message whose text is `textOf(key)`: the text's table has no place for it. */
export function keyOf(content: string): string {
  const from = CANARY.length + 1
  return content.slice(from, from + UUID_LENGTH)
}
