import pc from 'picocolors'

/** How the summary uses colour; without colour every function answers its text. */
export interface Paint {
  readonly bold: (text: string) => string
  readonly title: (text: string) => string
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly unsure: (text: string) => string
  /** Red unless the number is 0. */
  readonly alarmNumber: (text: string) => string
  /** By the mark ✓, ✗ or ? that the text holds. */
  readonly mark: (text: string) => string
}

/** The paint of a summary. */
export function newPaint(colour: boolean): Paint {
  const colours = pc.createColors(colour)
  return {
    bold: colours.bold,
    title: colours.dim,
    good: colours.green,
    bad: colours.red,
    unsure: colours.yellow,
    alarmNumber: (text) => (text === '0' || text === '' ? text : colours.red(text)),
    mark(text) {
      if (text.includes('✗')) return colours.red(text)
      if (text.includes('?')) return colours.yellow(text)
      return text.includes('✓') ? colours.green(text) : text
    },
  }
}
