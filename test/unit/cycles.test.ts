import fc from 'fast-check'
import t from 'tap'
import { findCycle } from '../../src/patterns/audits/cycles.ts'
import type { HistoryEdge, HistoryNode } from '../../src/patterns/audits/cycles.ts'

function node(label: string, started?: number, finished?: number): HistoryNode {
  return { label, started, finished }
}

/** Transactions one after the other, each touching some of a few things; what they leave behind is a history. */
const serial = fc
  .array(fc.tuple(fc.uniqueArray(fc.nat(4), { minLength: 1, maxLength: 3 }), fc.nat(5), fc.nat(5)), {
    minLength: 2,
    maxLength: 40,
  })
  .map((transactions) => {
    const last = new Map<number, number>()
    const edges: HistoryEdge[] = []
    const nodes = transactions.map(([things, early, late], index) => {
      for (const thing of things) {
        const from = last.get(thing)
        if (from !== undefined) edges.push({ from, to: index, why: `thing ${thing}` })
        last.set(thing, index)
      }
      // Each takes effect at 10 times its number, somewhere between its start and its answer.
      return node(`t${index}`, 10 * index - 10 * early, 10 * index + 10 * late + 1)
    })
    return { nodes, edges }
  })

t.test('whatever ran one after the other has no cycle, however the requests overlapped', async (t) => {
  fc.assert(fc.property(serial, ({ nodes, edges }) => findCycle(nodes, edges) === undefined))
  t.pass()
})

t.test('an edge against a way that is there makes a cycle, and the cycle holds', async (t) => {
  fc.assert(
    fc.property(serial, fc.nat(), ({ nodes, edges }, choice) => {
      if (edges.length === 0) return true
      const turned = edges[choice % edges.length]
      if (turned === undefined) return true
      const cycle = findCycle(nodes, [...edges, { from: turned.to, to: turned.from, why: 'turned' }])
      return cycle !== undefined && cycle.some(({ why }) => why === 'turned')
    }),
  )
  t.pass()
})

t.test('a write that was answered before another began may not come after it', async (t) => {
  const nodes = [node('first', 0, 10), node('second', 11, 20)]
  t.equal(findCycle(nodes, [{ from: 0, to: 1, why: 'row' }]), undefined)
  t.same(findCycle(nodes, [{ from: 1, to: 0, why: 'row' }]), [
    { node: 0, why: 'was answered before the next one began' },
    { node: 1, why: 'row' },
  ])
})

t.test('requests that overlapped may come in either order, but not in both', async (t) => {
  const nodes = [node('one', 0, 10), node('other', 5, 20)]
  t.equal(findCycle(nodes, [{ from: 1, to: 0, why: 'x' }]), undefined)
  const cycle = findCycle(nodes, [
    { from: 0, to: 1, why: 'x' },
    { from: 1, to: 0, why: 'y' },
  ])
  t.equal(cycle?.length, 2)
})

t.test('a write without an answer is bound by what it changed alone', async (t) => {
  const nodes = [node('unanswered'), node('late', 100, 110)]
  t.equal(findCycle(nodes, [{ from: 1, to: 0, why: 'row' }]), undefined)
})
