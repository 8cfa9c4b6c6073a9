import { assert, constant, integer, oneof, property, record, stringMatching, tuple } from 'fast-check'
import type { Arbitrary } from 'fast-check'
import t from 'tap'
import { ArchError } from '../../src/core/errors.ts'
import { formatTarget, parseChoice, parseRateOverride, parseTarget } from '../../src/core/expressions.ts'
import { nearest, suggestion } from '../../src/core/suggest.ts'
import * as units from '../../src/core/units.ts'

/** Positive multiples of a millionth, as people write them. */
const decimals = (largest: number): Arbitrary<number> =>
  integer({ min: 1, max: 1e9 }).map((value) => Number((value * (largest / 1e9)).toPrecision(9)))

/** The one line that a bad value gets. */
function lineOf(parse: () => unknown): string {
  try {
    parse()
  } catch (failure) {
    if (failure instanceof ArchError && failure.exitCode === 2) return failure.message
    throw failure
  }
  return 'it parsed'
}

t.test('what is written parses back to the same value', async (t) => {
  const same = (
    parse: (text: string, flag: string) => number,
    format: (value: number) => string,
    value: number,
  ) => {
    const back = parse(format(value), '--x')
    return Math.abs(back - value) <= Math.abs(value) * 1e-12
  }
  assert(property(decimals(604_800_000), (ms) => same(units.parseDurationMs, units.formatDurationMs, ms)))
  assert(property(decimals(1e9), (rate) => same(units.parseRate, units.formatRate, rate)))
  assert(property(decimals(10), (scale) => same(units.parseScale, units.formatScale, scale)))
  assert(
    property(integer({ min: 1, max: 1e6 }), (n) => units.parseScale(units.formatScale(1 / n), '') === 1 / n),
  )
  assert(
    property(integer({ min: 1, max: 1e12 }), (size) => units.parseSize(units.formatSize(size), '') === size),
  )
  const percentile = oneof(
    constant('max' as const),
    integer({ min: 1, max: 99_999 }).map((n) => n / 1_000),
  )
  assert(property(percentile, (p) => units.parsePercentile(units.formatPercentile(p), '') === p))
  const name = stringMatching(/^[a-z][a-z0-9-]{0,8}$/)
  const targets = record(
    {
      name: tuple(name, name).map((pair) => pair.join('.')),
      part: name,
      percentile,
      belowMs: integer({ min: 1, max: 6e8 }),
    },
    { requiredKeys: ['name', 'percentile', 'belowMs'] },
  )
  assert(
    property(targets, (target) => {
      t.same(parseTarget(formatTarget(target), ''), target)
    }),
  )
})

t.test('every notation of the command line means what it says', async (t) => {
  t.same(
    ['300ms', '30s', '5m', '1h', '1.5s', ' 2s '].map((text) => units.parseDurationMs(text, '')),
    [300, 30_000, 300_000, 3_600_000, 1_500, 2_000],
  )
  t.same(
    ['833/s', '60K/min', '8.64M/day', '3600/h', '1_000/s', '5m/day'].map((text) => units.parseRate(text, '')),
    [833, 1_000, 100, 1, 1_000, 5e6 / 86_400].map((value) => Number(value.toPrecision(15))),
  )
  t.same(
    ['1/1000', '0.1%', '0.001', '1', '100%', '1/0.5'].map((text) => units.parseScale(text, '')),
    [0.001, 0.001, 0.001, 1, 1, 2],
  )
  t.same(
    ['20000', '20K', '100M', '1.5k', '1B'].map((text) => units.parseSize(text, '')),
    [20_000, 20_000, 1e8, 1_500, 1e9],
  )
  t.same(
    ['p50', 'p99.9', 'max'].map((text) => units.parsePercentile(text, '')),
    [50, 99.9, 'max'],
  )
  t.same(parseTarget('feed.read/cold p99<200ms', ''), {
    name: 'feed.read',
    part: 'cold',
    percentile: 99,
    belowMs: 200,
  })
  t.same(parseTarget(' like.add  max < 1s ', ''), { name: 'like.add', percentile: 'max', belowMs: 1_000 })
  t.same(parseRateOverride('feed.read=500/s', ''), { operation: 'feed.read', perSecond: 500 })
  t.same(parseRateOverride('2K/s', ''), { perSecond: 2_000 })
  t.same(parseChoice('fanout=hybrid', ''), { name: 'fanout', value: 'hybrid' })
})

t.test(
  'a value that does not parse gets one line with the flag, the value and what would parse',
  async (t) => {
    const hostile = [
      '',
      ' ',
      '-1',
      'NaN',
      'Infinity',
      '1e999',
      '0',
      '1,5',
      '0x10',
      '١',
      '1..2',
      'x'.repeat(5_000),
      '1\n2',
    ]
    const parsers: [string, (text: string) => unknown, RegExp, string[]][] = [
      [
        'duration',
        (text) => units.parseDurationMs(text, '--duration'),
        /30s/,
        ['30', '30 sec', '-5s', '0s', '8d', '1e9h', 's'],
      ],
      [
        'rate',
        (text) => units.parseRate(text, '--rate'),
        /833\/s/,
        ['833', '/s', '0/s', '-1/s', '2B/s', '5/m', '5/week'],
      ],
      [
        'scale',
        (text) => units.parseScale(text, '--scale'),
        /1\/1000/,
        ['1/0', '0/1', '11', '2000%', '1/-2', '1/2/3', '%'],
      ],
      [
        'size',
        (text) => units.parseSize(text, '--population'),
        /20K/,
        ['0.5', '1.0001K', '2000B', '20KK', '20 000', '-20K'],
      ],
      [
        'percentile',
        (text) => units.parsePercentile(text, '--target'),
        /p99/,
        ['p100', 'p0', 'p999', '99', 'P99', 'p-1'],
      ],
      [
        'target',
        (text) => parseTarget(text, '--target'),
        /feed\.read p99<200ms/,
        ['feed.read', 'feed.read<200ms', 'p99<200ms'],
      ],
      [
        'choice',
        (text) => parseChoice(text, '--strategy'),
        /fanout=hybrid/,
        ['fanout', '=x', 'fanout=', 'a=b=c', 'a=$(b)'],
      ],
      [
        'rate override',
        (text) => parseRateOverride(text, '--rate'),
        /\/s/,
        ['feed.read=', '=5/s', 'feed.read=5', 'a=b=5/s'],
      ],
      [
        'integer',
        (text) => units.parseInteger(text, '--workers', 1, 64),
        /from 1 to 64/,
        ['65', '1.5', '1e1', '0'],
      ],
    ]
    for (const [what, parse, shows, bad] of parsers) {
      for (const text of [...hostile, ...bad]) {
        const line = lineOf(() => parse(text))
        t.match(line, shows, `${what}: ${JSON.stringify(text.slice(0, 20))}`)
        t.match(line, /^--[a-z]+ '/, 'starts with the flag')
        t.ok(line.length < 220 && !line.includes('\n'), 'stays one short line')
      }
    }
    t.match(
      lineOf(() => parseTarget('feed.read p99<200', '--target')),
      /300ms, 30s or 5m/,
    )
    t.match(
      lineOf(() => parseTarget('feed.read p101<200ms', '--target')),
      /percentile/,
    )
  },
)

t.test('a mistyped name suggests the nearest one, and lists all where none is near', async (t) => {
  t.equal(nearest('soical', ['social', 'commerce']), 'social')
  t.equal(nearest('feed.raed', ['feed.read', 'post.read']), 'feed.read')
  t.equal(nearest('zzzzzzzz', ['social', 'commerce']), undefined)
  t.equal(nearest('x', []), undefined)
  t.match(suggestion('zzzzzzzz', ['social', 'commerce']), /social, commerce/)
})
