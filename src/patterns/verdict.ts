import { Refusal } from '../core/errors.ts'

/**
 * What the statement of a write decided about it.
 * @throws Refusal with the verdict, unless it is `ok`
 */
export function obey(verdict: string | null | undefined): void {
  if (verdict !== 'ok') throw new Refusal(verdict ?? 'not-found')
}
