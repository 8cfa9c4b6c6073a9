import type { Progress } from '../../core/population.ts'
import type { CommandIo } from '../command.ts'
import { coloursFor } from './colours.ts'

/** Progress on stderr while a command works. */
export interface ProgressLines {
  /** One rewritten line on a terminal; elsewhere a plain line at most every two seconds a step. */
  readonly progress: Progress
  /** A line that stays. */
  readonly line: (text: string) => void
  /** Removes an unfinished rewritten line; called before anything else writes to the terminal, and at the end. */
  readonly clear: () => void
}

const PLAIN_EVERY_MS = 2_000
const REWRITTEN_EVERY_MS = 100
const BAR = 20

function amountText(done: number, total: number | undefined, unit: string): string {
  if (done === 0 && total === undefined) return unit
  const shown = done.toLocaleString('en-US')
  return total === undefined ? `${shown} ${unit}` : `${shown} of ${total.toLocaleString('en-US')} ${unit}`
}

function bar(done: number, total: number): string {
  const filled = Math.max(0, Math.min(BAR, Math.round((done / total) * BAR)))
  return `${'█'.repeat(filled)}${'░'.repeat(BAR - filled)} ${Math.floor((done / total) * 100)} %`
}

/** Whether stderr is a terminal on which a line may be rewritten: not in CI (cli.md). */
function rewrites(io: CommandIo): boolean {
  return io.stderr.isTTY && (io.env['CI'] ?? '') === '' && io.env['TERM'] !== 'dumb'
}

/** Writes progress to stderr in the way that suits it. */
export function progressLines(io: CommandIo): ProgressLines {
  const { dim } = coloursFor(io, io.stderr)
  const live = rewrites(io)
  const lastAt = new Map<string, number>()
  let dirty = false

  const clear = (): void => {
    if (dirty) io.stderr.write('\r\u001B[2K')
    dirty = false
  }
  return {
    clear,
    line(text) {
      clear()
      io.stderr.write(`${text}\n`)
    },
    progress(step, done, total, unit) {
      const now = io.now().getTime()
      const ended = total !== undefined && done >= total
      const every = live ? REWRITTEN_EVERY_MS : PLAIN_EVERY_MS
      if (!ended && now - (lastAt.get(step) ?? Number.NEGATIVE_INFINITY) < every) return
      lastAt.set(step, now)
      const amount = amountText(done, total, unit)
      if (!live) {
        io.stderr.write(`${step}: ${amount}\n`)
        return
      }
      const graph = total === undefined || total <= 0 ? '' : `${bar(done, total)}  `
      const text = `${step}  ${graph}${amount}`.slice(0, io.stderr.columns - 1)
      clear()
      io.stderr.write(dim(text))
      dirty = true
    },
  }
}
