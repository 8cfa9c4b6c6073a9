import pc from 'picocolors'
import t from 'tap'
import { caseText, caseValue } from '../../src/commands/shared/case-text.ts'
import { experimentText } from '../../src/commands/shared/experiment-text.ts'
import type { ExperimentRow, Reading } from '../../src/core/experiment.ts'
import { runFake } from '../helpers/fake-world.ts'
import { sampleExperiment, sampleWorkload } from '../helpers/sample-workload.ts'

const FACTS = { clients: 2, perClient: 3, rounds: 3, seed: 42, population: 20_000, stores: ['postgres 18.4'] }

function reading(median: number, by: number = 0): Reading {
  return { median, lowest: median - by, highest: median + by }
}

function rows(): ExperimentRow[] {
  return ['even', 'skewed'].flatMap((pattern) =>
    ['old', 'new'].map((row) => ({
      pattern,
      row,
      rounds: 3,
      readings: {
        done: reading(1_440),
        perSecond: reading(1_207, 17),
        p50: reading(4.25),
        p99: reading(170, 20),
      },
    })),
  )
}

t.test('an experiment that is unknown suggests the nearest, and nothing is started', async (t) => {
  const { code, out, err } = await runFake(['experiment', 'chekout'])
  t.same([code, out], [2, ''])
  t.match(err, /experiment 'chekout' is unknown: did you mean 'checkout'\?\n +arch list shows all/)
  t.equal((await runFake(['experiment'])).code, 2, 'a missing name')
})

t.test('values that do not parse get a line that shows what would', async (t) => {
  for (const [flag, value] of [
    ['--clients', '0'],
    ['--clients', '65'],
    ['--orders', 'many'],
    ['--rounds', '1.5'],
    ['--seed', '-1'],
    ['--population', 'all'],
    ['--format', 'csv'],
    ['--provider', 'cloud'],
  ] as const) {
    const { code, out, err } = await runFake(['experiment', 'checkout', flag, value])
    t.same([code, out], [2, ''], `${flag} ${value}`)
    t.match(err, flag)
  }
})

t.test('an experiment without clients knows no flags of a closed loop', async (t) => {
  const { code, out, err } = await runFake(['experiment', 'column-store', '--clients', '4'])
  t.same([code, out], [2, ''])
  t.match(err, /no clients that work at once/)
})

t.test('an experiment that needs a topology takes no other', async (t) => {
  const { code, err } = await runFake(['experiment', 'kafka-client', '--topology', 'single'])
  t.equal(code, 2)
  t.match(err, /needs --topology cluster/)
  const other = await runFake(['experiment', 'column-store', '--topology', 'kafka=cluster'])
  t.equal(other.code, 2)
  t.match(other.err, /store 'kafka' is not used here/)
})

t.test('experiments are listed with their case, for people and for machines', async (t) => {
  const { out } = await runFake(['list'])
  t.match(out, /experiments\n +checkout: /)
  t.notMatch(out, /experiments .*not implemented/)
  const listed = JSON.parse((await runFake(['list', 'commerce', '--json'])).out)
  t.match(listed, {
    cases: [{ experiments: [{ name: 'checkout', defaults: { loop: { clients: 24, perClient: 60 } } }] }],
  })
  t.match(caseText(sampleWorkload(), 80, pc.createColors(false)), /experiments\n +sample: two ways to do it/)
  t.match(caseValue(sampleWorkload()), { experiments: [{ name: 'sample' }] })
})

t.test('the tables of an experiment fit every terminal, and keep what matters most', (t) => {
  for (const columns of [40, 60, 80, 140]) {
    const out = experimentText(sampleExperiment(), rows(), FACTS, columns, pc.createColors(false))
    const widest = Math.max(...out.split('\n').map((line) => line.length))
    t.ok(widest <= columns, `${widest} of ${columns}`)
    t.match(out, /even: all the same\n +done +done\/s/)
    t.match(out, /skewed: one more/)
    t.match(out, /old +1,440/)
    t.match(out, '1,207 ±1 %')
    t.equal(out.includes('p99 ms'), columns > 40)
  }
  t.end()
})

t.test('patterns with rows of their own explain them, and what was found comes last', (t) => {
  const [even] = sampleExperiment().patterns
  const own = {
    name: 'sizes',
    description: 'bytes',
    rows: [
      { name: 'whole', description: 'all of it' },
      { name: 'part', description: '' },
    ],
    columns: [{ name: 'ratio', title: 'times', kind: 'ratio', spread: false, dispensable: 0 } as const],
  }
  const experiment = {
    ...sampleExperiment(),
    patterns: [...(even === undefined ? [] : [even]), own],
    findings: () => [{ claims: ['ANA-26'], text: 'a tenth of it' }],
  }
  const row = { pattern: 'sizes', row: 'whole', rounds: 1, readings: { ratio: reading(9.5) } }
  const { clients: _clients, perClient: _perClient, ...facts } = FACTS
  const out = experimentText(experiment, [row], facts, 80, pc.createColors(false))
  t.match(out, /sizes: bytes\n +whole +all of it\n +times\n +whole +9\.50x/)
  t.notMatch(out, 'closed loop')
  t.match(out, /found\n +ANA-26: a tenth of it$/)
  t.end()
})

t.test('a pattern that an interruption left without a trial has no table', (t) => {
  const some = rows().filter(({ pattern }) => pattern === 'even')
  const out = experimentText(sampleExperiment(), some, FACTS, 80, pc.createColors(false))
  t.match(out, 'even: ')
  t.notMatch(out, 'skewed: ')
  t.end()
})
