import { Refusal } from '../../../core/errors.ts'

/**
 * The page that a cursor of this variant names: pages count from 1, as in the text (l.675).
 * @throws Refusal `bad-cursor`
 */
export function pageOf(after: string | undefined): number {
  const page = after === undefined ? 1 : Number(after)
  if (!Number.isSafeInteger(page) || page < 1) throw new Refusal('bad-cursor')
  return page
}
