/** A double-ended queue in a ring that grows: no allocation per entry, O(1) at both ends. */
export interface Deque<Entry> {
  push(entry: Entry): void
  /** The oldest entry, undefined when empty. */
  peek(): Entry | undefined
  /** Takes the oldest entry. */
  shift(): Entry | undefined
  /** Takes the newest entry. */
  pop(): Entry | undefined
}

/** An empty queue. */
export function newDeque<Entry>(): Deque<Entry> {
  let ring = Array.from<Entry | undefined>({ length: 64 })
  let head = 0
  let size = 0

  function grow(): void {
    const wider = Array.from<Entry | undefined>({ length: ring.length * 2 })
    for (let index = 0; index < size; index += 1) wider[index] = ring[(head + index) & (ring.length - 1)]
    ring = wider
    head = 0
  }

  return {
    push(entry) {
      if (size === ring.length) grow()
      ring[(head + size) & (ring.length - 1)] = entry
      size += 1
    },
    peek: () => ring[head],
    shift() {
      if (size === 0) return undefined
      const entry = ring[head]
      ring[head] = undefined
      head = (head + 1) & (ring.length - 1)
      size -= 1
      return entry
    },
    pop() {
      if (size === 0) return undefined
      size -= 1
      const index = (head + size) & (ring.length - 1)
      const entry = ring[index]
      ring[index] = undefined
      return entry
    },
  }
}
