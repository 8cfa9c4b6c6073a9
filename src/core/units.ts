import { usageError } from './errors.ts'
import type { ArchError } from './errors.ts'

const NUMBER = String.raw`(?:\d+(?:_\d+)*(?:\.\d+)?|\.\d+)(?:e[+-]?\d+)?`
const SUFFIXES: Readonly<Record<string, number>> = { '': 1, K: 1e3, M: 1e6, B: 1e9 }
const DURATIONS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }
const PERIODS: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3_600, day: 86_400 }

const DURATION = new RegExp(`^(${NUMBER})(ms|s|m|h)$`)
const AMOUNT = new RegExp(`^(${NUMBER})([KMB]?)$`, 'i')
const RATE = new RegExp(`^(${NUMBER})([KMB]?)/(s|min|h|day)$`, 'i')
const FRACTION = new RegExp(`^(${NUMBER})/(${NUMBER})$`)
const PERCENT = new RegExp(`^(${NUMBER})%$`)

/** The largest values that make sense: beyond them a mistake is likelier than an intention. */
const LONGEST_MS = 7 * 24 * 3_600_000
const LARGEST_RATE = 1e9
const LARGEST_SCALE = 10
const LARGEST_SIZE = 1e12

function number(text: string | undefined): number {
  return Number((text ?? '').replaceAll('_', ''))
}

/** Removes the noise of binary fractions: 1.001 s is 1001 ms and not 1000.9999999999999. */
function tidy(value: number): number {
  return Number(value.toPrecision(15))
}

/** A mistake of one line that shows the value and what would parse. */
export function unparsable(flag: string, text: string, what: string, examples: string): ArchError {
  const printable = text.replaceAll(/\p{Cc}/gu, '?')
  const shown = printable.length > 60 ? `${printable.slice(0, 57)}...` : printable
  return usageError(
    `${flag} '${shown}' is not ${what}: write ${examples}`,
    'every flag is explained by --help',
  )
}

/**
 * Milliseconds of a duration: `300ms`, `30s`, `5m`, `1h`. Positive, at most seven days.
 * @throws ArchError (exit code 2) that shows what would parse
 */
export function parseDurationMs(text: string, flag: string): number {
  const match = DURATION.exec(text.trim())
  const value = tidy(number(match?.[1]) * (DURATIONS[match?.[2] ?? ''] ?? Number.NaN))
  if (!(value > 0 && value <= LONGEST_MS))
    throw unparsable(flag, text, 'a duration above zero and up to 7 days', '300ms, 30s or 5m')
  return value
}

/** Writes milliseconds so that `parseDurationMs` reads them back. */
export function formatDurationMs(milliseconds: number): string {
  if (milliseconds >= 60_000 && milliseconds % 60_000 === 0) return `${milliseconds / 60_000}m`
  return milliseconds >= 1_000 ? `${tidy(milliseconds / 1_000)}s` : `${milliseconds}ms`
}

/**
 * Units per second of a rate: `833/s`, `50K/min`, `5M/day`. Positive, at most a billion a second.
 * @throws ArchError (exit code 2) that shows what would parse
 */
export function parseRate(text: string, flag: string): number {
  const match = RATE.exec(text.trim())
  const factor = SUFFIXES[match?.[2]?.toUpperCase() ?? ''] ?? 1
  const value = tidy((number(match?.[1]) * factor) / (PERIODS[match?.[3]?.toLowerCase() ?? ''] ?? Number.NaN))
  if (!(value > 0 && value <= LARGEST_RATE))
    throw unparsable(flag, text, 'a rate above zero and up to 1B/s', '833/s, 50K/min or 5M/day')
  return value
}

/** The shortest exact way to write an amount: 20000 is `20K`, 20001 is `20001`. */
function formatAmount(value: number): string {
  for (const [suffix, factor] of [
    ['B', 1e9],
    ['M', 1e6],
    ['K', 1e3],
  ] as const) {
    const part = tidy(value / factor)
    if (part >= 1 && tidy(part * factor) === value && String(part).length <= 5) return `${part}${suffix}`
  }
  return String(value)
}

/** Writes units per second so that `parseRate` reads them back. */
export function formatRate(perSecond: number): string {
  return `${formatAmount(perSecond)}/s`
}

/**
 * The factor of a scale: `1/1000`, `0.1%`, `0.001`. Above zero, at most 10.
 * @throws ArchError (exit code 2) that shows what would parse
 */
export function parseScale(text: string, flag: string): number {
  const trimmed = text.trim()
  const fraction = FRACTION.exec(trimmed)
  const percent = PERCENT.exec(trimmed)
  let value = Number.NaN
  if (fraction !== null) value = number(fraction[1]) / number(fraction[2])
  else if (percent !== null) value = tidy(number(percent[1]) / 100)
  else if (new RegExp(`^${NUMBER}$`).test(trimmed)) value = number(trimmed)
  if (!(value > 0 && value <= LARGEST_SCALE))
    throw unparsable(flag, text, 'a scale above zero and up to 10', '1/1000, 0.1% or 0.001')
  return value
}

/** Writes a scale so that `parseScale` reads it back, as a fraction of one where it is one. */
export function formatScale(scale: number): string {
  const denominator = Math.round(1 / scale)
  return denominator > 1 && 1 / denominator === scale ? `1/${denominator}` : String(scale)
}

/**
 * A whole number of things: `20000`, `20K`, `100M`. At least one, at most 1000B.
 * @throws ArchError (exit code 2) that shows what would parse
 */
export function parseSize(text: string, flag: string): number {
  const match = AMOUNT.exec(text.trim())
  const value = tidy(number(match?.[1]) * (SUFFIXES[match?.[2]?.toUpperCase() ?? ''] ?? Number.NaN))
  if (match === null || !Number.isInteger(value) || value < 1 || value > LARGEST_SIZE)
    throw unparsable(flag, text, 'a whole number from 1 to 1000B', '20000, 20K or 100M')
  return value
}

/** Writes a size so that `parseSize` reads it back. */
export function formatSize(size: number): string {
  return formatAmount(size)
}

/**
 * A whole number between two bounds, written in digits.
 * @throws ArchError (exit code 2) that names the bounds
 */
export function parseInteger(text: string, flag: string, lowest: number, highest: number): number {
  const value = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN
  if (!(value >= lowest && value <= highest))
    throw unparsable(flag, text, `a whole number from ${lowest} to ${highest}`, 'digits only')
  return value
}

/**
 * A percentile: `p99` is 99, `p99.9` is 99.9, `max` is 'max'.
 * @throws ArchError (exit code 2) that shows what would parse
 */
export function parsePercentile(text: string, flag: string): number | 'max' {
  if (text === 'max') return 'max'
  const value = /^p\d+(?:\.\d+)?$/.test(text) ? Number(text.slice(1)) : Number.NaN
  if (!(value > 0 && value < 100))
    throw unparsable(flag, text, 'a percentile below 100', 'p50, p99, p99.9 or max')
  return value
}

/** Writes a percentile: 99.9 is `p99.9`. */
export function formatPercentile(percentile: number | 'max'): string {
  return percentile === 'max' ? 'max' : `p${percentile}`
}
