/** Whole numbers as an array literal of PostgreSQL: the driver would quote and escape each item of a long list. */
export function arrayOf(numbers: readonly (string | number)[]): string {
  return `{${numbers.join(',')}}`
}
