import {
  formatDurationMs,
  formatPercentile,
  parseDurationMs,
  parsePercentile,
  parseRate,
  unparsable,
} from './units.ts'
import type { PartName } from './names.ts'

const NAME = '[a-z][a-z0-9-]*(?:\\.[a-z][a-z0-9-]*)*'
const TARGET = new RegExp(`^\\s*(${NAME})(?:/([a-z][a-z0-9-]*))?\\s+(\\S+?)\\s*<\\s*(\\S+)\\s*$`)
const CHOICE = /^\s*([a-z][a-z0-9-]*)\s*=\s*([A-Za-z0-9][A-Za-z0-9.-]*)\s*$/
const NAMED_RATE = new RegExp(`^\\s*(${NAME})\\s*=\\s*(\\S+)\\s*$`)

/** A target given by name: `feed.read/cold p99<200ms`. */
export interface TargetExpression {
  /** An operation or a flow. */
  readonly name: string
  readonly part?: PartName
  readonly percentile: number | 'max'
  readonly belowMs: number
}

/**
 * A target: operation or flow, part after a slash, percentile or `max`, bound.
 * @throws ArchError (exit code 2) that shows what would parse
 */
export function parseTarget(text: string, flag: string): TargetExpression {
  const match = TARGET.exec(text)
  const [, name, part, percentile, bound] = match ?? []
  if (name === undefined || percentile === undefined || bound === undefined)
    throw unparsable(
      flag,
      text,
      'a target',
      "'feed.read p99<200ms', 'feed.read/cold p99<200ms' or 'like.add max<1s'",
    )
  const target = {
    name,
    percentile: parsePercentile(percentile, flag),
    belowMs: parseDurationMs(bound, flag),
  }
  return part === undefined ? target : { ...target, part }
}

/** Writes a target so that `parseTarget` reads it back. */
export function formatTarget(target: TargetExpression): string {
  const subject = target.part === undefined ? target.name : `${target.name}/${target.part}`
  return `${subject} ${formatPercentile(target.percentile)}<${formatDurationMs(target.belowMs)}`
}

/**
 * A choice of strategy: `fanout=hybrid`.
 * @throws ArchError (exit code 2) that shows what would parse
 */
export function parseChoice(text: string, flag: string): { readonly name: string; readonly value: string } {
  const [, name, value] = CHOICE.exec(text) ?? []
  if (name === undefined || value === undefined)
    throw unparsable(flag, text, 'a choice', 'a name and a value, e.g. fanout=hybrid')
  return { name, value }
}

/** An overridden rate: of one operation, or of the whole mix. Units per second. */
export interface RateExpression {
  readonly operation?: string
  readonly perSecond: number
}

/**
 * A rate that overrides the model's: `2000/s` for all of it, `feed.read=500/s` for one operation.
 * @throws ArchError (exit code 2) that shows what would parse
 */
export function parseRateOverride(text: string, flag: string): RateExpression {
  if (!text.includes('=')) return { perSecond: parseRate(text, flag) }
  const [, operation, rate] = NAMED_RATE.exec(text) ?? []
  if (operation === undefined || rate === undefined)
    throw unparsable(flag, text, 'a rate', '2000/s or feed.read=500/s')
  return { operation, perSecond: parseRate(rate, flag) }
}
