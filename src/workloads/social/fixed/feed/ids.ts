/** The last element of a list that is complete: nothing older exists (S-21). */
export const END = '0'
/** How many ids a feed or an author's list holds at most (SOC-64). */
export const KEPT = 1000

/** Whether the decimal id `a` is smaller, which is older, than `b`; never by way of floats. */
function isOlder(a: string, b: string): boolean {
  return a.length === b.length ? a < b : a.length < b.length
}

/** Items of a comma separated list; none of an empty one. */
export function listOf(text: string): string[] {
  return text === '' ? [] : text.split(',')
}

/** Ids below a cursor, newest first, from one source. */
export interface IdSource {
  readonly ids: readonly string[]
  /** Nothing older than the last id exists. */
  readonly complete: boolean
}

/** What a list in Redis answered: the mark of its end becomes `complete`. */
export function sourceOf(text: string): IdSource {
  const ids = listOf(text)
  if (ids.at(-1) !== END) return { ids, complete: false }
  ids.pop()
  return { ids, complete: true }
}

function mergeTwo(a: readonly string[], b: readonly string[]): string[] {
  const merged: string[] = []
  let i = 0
  let j = 0
  for (;;) {
    const left = a[i]
    const right = b[j]
    if (left === undefined && right === undefined) return merged
    if (right === undefined || (left !== undefined && isOlder(right, left))) {
      merged.push(left as string)
      i += 1
    } else {
      merged.push(right)
      j += 1
      if (left === right) i += 1
    }
  }
}

/**
 * The union of several sources, newest first, without duplicates. Below the last id of an incomplete source that source
 * may hold more, so the union ends there: what it answers has no gap (S-20, S-28).
 */
export function mergeSources(sources: readonly IdSource[]): IdSource {
  let ids: readonly string[] = []
  let horizon = END
  let complete = true
  for (const source of sources) {
    ids = ids.length === 0 ? source.ids : mergeTwo(ids, source.ids)
    if (source.complete) continue
    complete = false
    const last = source.ids.at(-1)
    if (last === undefined) return { ids: [], complete: false }
    if (isOlder(horizon, last)) horizon = last
  }
  const end = complete ? -1 : ids.findIndex((id) => isOlder(id, horizon))
  return { ids: end < 0 ? ids : ids.slice(0, end), complete }
}

/** The part of a newest-first source that is below a cursor, at most `want` ids of it. */
export function below(source: IdSource, before: string, want: number): IdSource {
  const start = before === '' ? 0 : source.ids.findIndex((id) => isOlder(id, before))
  const rest = start < 0 ? [] : source.ids.slice(start, start + want)
  const reachesEnd = start < 0 || start + want >= source.ids.length
  return { ids: rest, complete: source.complete && reachesEnd }
}
