/** Which of a key's messages were opened: all below `floor`, and those above it in `beyond`. */
export interface Opened {
  floor: number
  beyond: Set<number> | undefined
}

export function nothingOpened(floor: number): Opened {
  return { floor, beyond: undefined }
}

/** Notes a message by its number; false when it was opened before. Messages in order cost one number a key. */
export function noteOpened(opened: Opened, index: number): boolean {
  if (index < opened.floor || opened.beyond?.has(index) === true) {
    return false
  }
  if (index > opened.floor) {
    opened.beyond ??= new Set()
    opened.beyond.add(index)
    return true
  }
  opened.floor += 1
  while (opened.beyond?.delete(opened.floor) === true) {
    opened.floor += 1
  }
  if (opened.beyond?.size === 0) {
    opened.beyond = undefined
  }
  return true
}
