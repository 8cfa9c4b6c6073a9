/** Lists of numbers, one list a row, held flat: row `i` is `items[offsets[i] .. offsets[i + 1])`. */
export interface Adjacency {
  readonly offsets: Int32Array
  readonly items: Int32Array
}

/** Row `index` of an adjacency: a view, not a copy. */
export function row(adjacency: Adjacency, index: number): Int32Array {
  return adjacency.items.subarray(adjacency.offsets[index] ?? 0, adjacency.offsets[index + 1] ?? 0)
}

/** Running sums of `counts`, from 0: where each row starts, and at the end the total. */
export function offsetsOf(counts: Int32Array): Int32Array {
  const offsets = new Int32Array(counts.length + 1)
  for (let index = 0; index < counts.length; index += 1) {
    offsets[index + 1] = (offsets[index] ?? 0) + (counts[index] ?? 0)
  }
  return offsets
}

/** The edges turned round: row `b` lists, ascending, each `a` whose row holds `b`. */
export function inverse(adjacency: Adjacency, rows: number): Adjacency {
  const counts = new Int32Array(rows)
  for (const item of adjacency.items) counts[item] = (counts[item] ?? 0) + 1
  const offsets = offsetsOf(counts)
  const next = offsets.slice()
  const items = new Int32Array(adjacency.items.length)
  const sources = adjacency.offsets.length - 1
  for (let source = 0; source < sources; source += 1) {
    const end = adjacency.offsets[source + 1] ?? 0
    for (let at = adjacency.offsets[source] ?? 0; at < end; at += 1) {
      const item = adjacency.items[at] ?? 0
      const place = next[item] ?? 0
      items[place] = source
      next[item] = place + 1
    }
  }
  return { offsets, items }
}
