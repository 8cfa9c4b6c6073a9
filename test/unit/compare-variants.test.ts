import t from 'tap'
import type { TargetResult } from '../../src/core/result.ts'
import { compareVariants } from '../../src/session/compare-variants.ts'
import { sampleOperation, sampleResult, sampleTarget } from '../helpers/sample-result.ts'

const SLOW: Partial<TargetResult> = { observedMs: 900, met: false, metLessDispatchLag: false }

/** What two runs say of a defect that a late feed shows. */
function compared(written: Partial<TargetResult>, fixed: Partial<TargetResult>): readonly boolean[] {
  const run = (target: Partial<TargetResult>) =>
    sampleResult({ operations: [sampleOperation({ targets: [sampleTarget(target)], parts: [] })] })
  const expected = { defect: 'S-20', title: 'late', shownBy: ['feed.read p99'] }
  const [row] = compareVariants([expected], run(written), run(fixed)).rows
  return [row?.asWritten.shown === true, row?.fixed.held === true]
}

t.test('a defect is shown by a target that was missed, and held by one that was met', (t) => {
  t.same(compared(SLOW, {}), [true, true])
  t.same(compared({}, SLOW), [false, false])
  t.end()
})

t.test('what is undecided speaks for nothing: it shows no defect, and nothing is held by it', (t) => {
  t.same(compared({ ...SLOW, decided: false }, {}), [false, true])
  t.same(compared(SLOW, { ...SLOW, decided: false }), [true, false])
  t.end()
})
