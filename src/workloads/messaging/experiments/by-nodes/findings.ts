import type { ExperimentRow, Finding, Reading } from '../../../../core/experiment.ts'
import { figure, times, whole } from '../../../../patterns/experiments/figure.ts'

function range({ lowest, highest }: Reading): string {
  return `${times(lowest)} to ${times(highest)}`
}

function aboutRow({ row, readings }: ExperimentRow): readonly Finding[] {
  const { ratio, nodes, copies, writes, base } = readings
  if (ratio === undefined || nodes === undefined || copies === undefined) return []
  const linear =
    copies.median === 1
      ? `linear would be ${nodes.median}x`
      : `${copies.median} copies of each, so ${times(ratio.median * copies.median)} the rows stored`
  return [
    {
      claims: ['MSG-16'],
      text: `${row}: ${times(ratio.median)} the writes a second of one node (${range(ratio)}; ${whole(base?.median ?? 0)} to ${whole(writes?.median ?? 0)}); ${linear}`,
    },
  ]
}

/** What the figures say of 'linear scalability', and what one host cannot say. */
export function findingsOf(rows: readonly ExperimentRow[]): readonly Finding[] {
  const [first] = rows
  if (first === undefined) return []
  const of = (name: string): string => whole(figure(rows, first.pattern, first.row, name) ?? 0)
  return [
    ...rows.flatMap(aboutRow),
    {
      claims: ['MSG-16'],
      defects: ['M-24'],
      text: `all nodes, and who asks them, share the ${of('cores')} cores and the disk of one host, which was ${of('busyBase')} % busy with one node at work: a second node brings no machine here. The figures say what spreading and copying cost on one host, and nothing of what three machines would take`,
    },
  ]
}
