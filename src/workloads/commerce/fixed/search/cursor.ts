import { z } from 'zod'
import { Refusal } from '../../../../core/errors.ts'

/** Pages of one search: nobody looks further, and each costs as much as all before it (E-37). */
const MOST_PAGES = 40
const LONGEST = 4_000
/** Results of a page, at most. */
const MOST_SEEN = 100

/** Where the next page of a search begins. */
export interface SearchCursor {
  /** Pages that have been shown. */
  readonly page: number
  /** The results of the first page, which was of the index as it was then: in the view that follows, scores are others. */
  readonly seen?: readonly string[] | undefined
  /** Score and id of the last result in the view. */
  readonly sort?: readonly [number, string] | undefined
  /** The frozen view that the pages are of. */
  readonly view?: string | undefined
}

const id = z.string().regex(/^\d{1,19}$/)

const cursorSchema: z.ZodType<SearchCursor> = z.strictObject({
  page: z.int().min(1).max(MOST_PAGES),
  seen: z.array(id).max(MOST_SEEN).optional(),
  sort: z.tuple([z.number(), id]).optional(),
  view: z.string().min(1).max(LONGEST).optional(),
})

/** The cursor as a caller keeps it; undefined behind the last page that anybody gets. */
export function encodeCursor(cursor: SearchCursor): string | undefined {
  return cursor.page > MOST_PAGES ? undefined : Buffer.from(JSON.stringify(cursor)).toString('base64url')
}

/** @throws Refusal `bad-cursor` for anything that `encodeCursor` has not made */
export function decodeCursor(text: string): SearchCursor {
  try {
    return cursorSchema.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')))
  } catch {
    throw new Refusal('bad-cursor')
  }
}
