/** Crockford's alphabet: no I, L, O or U. Its check symbols go on to 37. */
const SYMBOLS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U'
const DIGITS = 13
const LARGEST = 2n ** 63n - 1n

/**
 * The number of an order as a person reads it: its id in Crockford's base 32 and a check symbol, in groups (E-04). Unique
 * because the id is, and it can be read back.
 */
export function orderNumberOf(orderId: bigint): string {
  let text = ''
  let left = orderId
  for (let digit = 0; digit < DIGITS; digit += 1) {
    text = (SYMBOLS[Number(left & 31n)] ?? '') + text
    left >>= 5n
  }
  const check = SYMBOLS[Number(orderId % 37n)] ?? ''
  return `${text.slice(0, 4)}-${text.slice(4, 8)}-${text.slice(8)}-${check}`
}

/** The id of an order number, however it was typed; undefined when it cannot be one, as after a slip of a finger. */
export function orderIdOf(orderNumber: string): bigint | undefined {
  const typed = orderNumber
    .trim()
    .toUpperCase()
    .replaceAll('-', '')
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1')
  if (typed.length !== DIGITS + 1) return undefined
  let id = 0n
  for (const symbol of typed.slice(0, DIGITS)) {
    const value = SYMBOLS.indexOf(symbol)
    if (value < 0 || value > 31) return undefined
    id = (id << 5n) | BigInt(value)
  }
  return id <= LARGEST && SYMBOLS.indexOf(typed.slice(DIGITS)) === Number(id % 37n) ? id : undefined
}
