import type { Named } from '../../../../core/experiment.ts'

/** Which nodes have the messages that are written. */
export interface Layout {
  readonly nodes: number
  readonly copies: number
}

/** What every row is compared with. */
export const BASE: Layout = { nodes: 1, copies: 1 }
/** The rows of the experiment. */
export const ROWS: readonly (Named & Layout)[] = [
  { name: '2 nodes', nodes: 2, copies: 1, description: 'one copy; half of the conversations on each' },
  { name: '3 nodes', nodes: 3, copies: 1, description: 'one copy; a third of the conversations on each' },
  {
    name: '3 nodes, 3 copies',
    nodes: 3,
    copies: 3,
    description: 'as the case has it: a copy on each node, acknowledged by two (LOCAL_QUORUM)',
  },
]
