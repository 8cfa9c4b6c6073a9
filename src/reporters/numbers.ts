const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** A number for a reader's eye: three digits or so, thousands apart; `2.43M` from a million on. */
export function quantity(value: number): string {
  if (value >= 1e12) return `${(value / 1e12).toPrecision(3)}T`
  if (value >= 1e9) return `${(value / 1e9).toPrecision(3)}B`
  if (value >= 1e6) return `${(value / 1e6).toPrecision(3)}M`
  if (value >= 100 || Number.isInteger(value)) return WHOLE.format(value)
  return value.toFixed(value < 10 ? 2 : 1)
}

/** A count in full, thousands apart. */
export function whole(value: number): string {
  return WHOLE.format(value)
}

/** Milliseconds without their unit, for a column. */
export function milliseconds(value: number): string {
  return value >= 100 ? WHOLE.format(value) : value.toFixed(value < 10 ? 2 : 1)
}

/** A share as a percentage: .95 is `95.0 %`. */
export function percent(share: number): string {
  const value = share * 100
  if (value > 0 && value < 0.01) return '<0.01 %'
  return `${value.toFixed(value < 1 && value > 0 ? 2 : 1)} %`
}

/** Seconds for a reader: `42 ms`, `1.2 s`, `2 min 5 s`. */
export function seconds(value: number): string {
  if (value > 0 && value < 0.1) return `${(value * 1_000).toFixed(0)} ms`
  const rounded = value < 10 ? Number(value.toFixed(1)) : Math.round(value)
  return rounded < 120 ? `${rounded} s` : `${Math.floor(rounded / 60)} min ${rounded % 60} s`
}
