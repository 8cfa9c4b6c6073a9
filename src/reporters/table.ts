import Table from 'cli-table3'

/** A column of a text table. */
export interface Column<Row> {
  readonly title: string
  readonly align: 'left' | 'right'
  /** Columns of the highest number are left out first where the terminal is narrow; 0 stays. */
  readonly dispensable: number
  /** Plain text; lines apart by a line break. */
  readonly cell: (row: Row) => string
  /** Colours a cell; its width must not change. */
  readonly paint?: (text: string, row: Row) => string
}

const GAP = 2
const NARROWEST = 12

function widthOf(text: string): number {
  return Math.max(...text.split('\n').map((line) => line.length))
}

function widths<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): number[] {
  return columns.map((column) =>
    Math.max(column.title.length, ...rows.map((row) => widthOf(column.cell(row)))),
  )
}

function total(widthsOfColumns: readonly number[]): number {
  return widthsOfColumns.reduce((sum, width) => sum + width + GAP, 0)
}

/** The columns that fit, in their order. */
function fitting<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  available: number,
): readonly Column<Row>[] {
  if (total(widths(columns, rows)) <= available) return columns
  const worst = Math.max(...columns.map((column) => column.dispensable))
  if (worst === 0) return columns
  const index = columns.findLastIndex((column) => column.dispensable === worst)
  return fitting(columns.toSpliced(index, 1), rows, available)
}

/** Breaks a text into lines of at most `width` characters, at spaces where there are any. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let rest = text
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width)
    const cut = space > width / 3 ? space : width
    lines.push(rest.slice(0, cut).trimEnd())
    rest = rest.slice(cut).trimStart()
  }
  return [...lines, rest]
}

/**
 * A table without rules, indented by two, no wider than `columns` characters: it first leaves out dispensable columns,
 * then wraps its widest one. Empty rows give an empty text.
 */
export function textTable<Row>(
  all: readonly Column<Row>[],
  rows: readonly Row[],
  columns: number,
  title: (text: string) => string,
): string {
  if (rows.length === 0) return ''
  const available = columns - GAP
  const shown = fitting(all, rows, available)
  const measured = widths(shown, rows)
  const excess = total(measured) - available
  const widest = measured.indexOf(Math.max(...measured))
  if (excess > 0) measured[widest] = Math.max(NARROWEST, (measured[widest] ?? 0) - excess)
  const table = new Table({
    chars: Object.fromEntries(
      ['top', 'bottom', 'left', 'right', 'mid']
        .flatMap((side) => [side, `${side}-mid`, `${side}-left`, `${side}-right`].map((name) => [name, '']))
        .concat([
          ['middle', ' '.repeat(GAP)],
          ['mid-mid', ''],
        ]),
    ),
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colWidths: measured,
    colAligns: shown.map((column) => column.align),
  })
  table.push(shown.map((column) => title(column.title)))
  for (const row of rows) {
    table.push(
      shown.map((column, index) => {
        const lines = column
          .cell(row)
          .split('\n')
          .flatMap((line) => wrap(line, measured[index] ?? NARROWEST))
        return lines.map((line) => column.paint?.(line, row) ?? line).join('\n')
      }),
    )
  }
  const lines = table.toString().split('\n')
  return lines.map((line) => `${' '.repeat(GAP)}${line}`.trimEnd()).join('\n')
}

/** Facts in one paragraph, apart by dots, wrapped between facts (inside one only where it alone is too long). */
export function factLine(facts: readonly string[], columns: number, indent: number = GAP): string {
  const width = columns - indent
  const lines: string[] = []
  for (const fact of facts.filter((text) => text !== '')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 3 + fact.length <= width)
      lines[lines.length - 1] = `${last} · ${fact}`
    else lines.push(...wrap(fact, width))
  }
  return lines.map((line) => `${' '.repeat(indent)}${line}`).join('\n')
}
