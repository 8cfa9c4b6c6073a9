const CENTS = 100n
const DECIMAL = /^(-?)(\d+)(?:\.(\d{1,2}))?$/

/**
 * The minor units of a `DECIMAL(10, 2)`, exactly: '-12.3' is -1230.
 * @throws RangeError for anything else
 */
export function minorOf(decimal: string): bigint {
  const [, sign, whole, fraction = ''] = DECIMAL.exec(decimal) ?? []
  if (whole === undefined) throw new RangeError(`'${decimal}' is no amount with two digits`)
  const minor = BigInt(whole) * CENTS + BigInt(fraction.padEnd(2, '0'))
  return sign === '-' ? -minor : minor
}

/** Minor units as a decimal with two digits: -1230 is '-12.30'. */
export function decimalOf(minor: bigint): string {
  const size = minor < 0n ? -minor : minor
  return `${minor < 0n ? '-' : ''}${size / CENTS}.${String(size % CENTS).padStart(2, '0')}`
}
