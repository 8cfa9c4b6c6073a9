import { chmodSync, existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import t from 'tap'
import { comparisonSchema } from '../../src/core/comparison.ts'
import type { Comparison } from '../../src/core/comparison.ts'
import { ArchError } from '../../src/core/errors.ts'
import { parseSaved, resultSchema } from '../../src/core/result-schema.ts'
import type { QueryResult, QueryRunResult, Result } from '../../src/core/result.ts'
import { renderComparison } from '../../src/reporters/comparison.ts'
import { reporter as console } from '../../src/reporters/console/index.ts'
import { loadReporter, reportFormats } from '../../src/reporters/discover.ts'
import { reporter as json } from '../../src/reporters/json/index.ts'
import { quantity, seconds } from '../../src/reporters/numbers.ts'
import { wrap } from '../../src/reporters/table.ts'
import { openReportFolder } from '../../src/session/report-folder.ts'
import { jsonSchemas } from '../../scripts/generate-schema.ts'
import { sampleOperation, samplePercentiles, sampleResult, sampleTarget } from '../helpers/sample-result.ts'

const NOW = new Date('2026-01-15T10:20:30.456Z')

function text(changes: Partial<Result>, columns = 120): string {
  return console.render(sampleResult(changes), { columns, colour: false, folder: 'reports/social-1' })
}

t.test('a drain is told with its bound, whose it is and what became of it', async (t) => {
  const drainOf = (met: boolean, decided: boolean): Partial<Result> => ({
    phases: {
      ...sampleResult().phases,
      drainSeconds: 7.1,
      drain: { belowSeconds: 5, why: 'own target', met, decided },
    },
  })
  t.match(text(drainOf(false, true)), 'drain 7.1 s (own target: <5 s ✗)')
  t.match(text(drainOf(false, false)), '(own target: <5 s ?)')
  t.match(text(drainOf(true, true)), '(own target: <5 s ✓)')
  t.notMatch(text({}), 'own target')
  const saved = sampleResult(drainOf(true, true))
  t.same(parseSaved(resultSchema, JSON.stringify(saved), 'here'), saved)
})

t.test(
  'queries have a table: cold, best of two hot, what was read, and what is claimed at this size',
  async (t) => {
    const run = (clientMs: number): QueryRunResult => ({
      clientMs,
      engineMs: clientMs - 1,
      rowsRead: 10e6,
      bytesRead: 50e6,
    })
    const target = { belowMs: 5_000, ofRows: 100e6, claims: ['ANA-05'], extrapolated: false }
    const query: QueryResult = {
      name: 'top-pages',
      question: 'which pages',
      claims: ['ANA-23'],
      cold: run(480),
      hot: [run(60), run(50)],
      rows: 100,
      granules: { read: 41, total: 1_225 },
      targets: [
        { ...target, observedMs: 480, met: false, decided: false },
        {
          ...target,
          belowMs: 30_000,
          ofRows: 1e9,
          observedMs: 4_800,
          extrapolated: true,
          met: true,
          decided: true,
        },
      ],
      failure: null,
    }
    const failed = { ...query, name: 'funnel', cold: null, hot: [], granules: null, failure: 'memory limit' }
    const queries = {
      protocol: 'cold, then twice hot',
      rows: 10e6,
      bytesOnDisk: 260e6,
      bytesRaw: 1.3e9,
      results: [query, failed],
    }
    const result = sampleResult({ suite: 'history', operations: [], flows: [], queries })
    t.same(parseSaved(resultSchema, JSON.stringify(result), 'here'), result)
    const out = text({ suite: 'history', operations: [], flows: [], queries }, 160)
    t.match(out, /suite history/)
    t.match(out, '10,000,000 rows of 26.0 bytes on disk, compressed 5.0 to 1')
    t.match(out, /top-pages +480 +50\.0 +10\.0M +50\.0M +200M +41 of 1,225 +max<5s \? \(needs 100M rows\)/)
    t.match(out, 'max<30s ✓ (4,800 ms of 1.00B rows, extrapolated)')
    t.match(out, /funnel +- +- .*✗ memory limit/)
    t.notMatch(out, 'offered')
  },
)

t.test('the published JSON Schemas are those of the code (npm run schema writes them)', async (t) => {
  for (const [path, schema] of Object.entries(jsonSchemas())) {
    const published: unknown = JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'))
    t.same(published, JSON.parse(JSON.stringify(schema)), path)
  }
})

t.test(
  'every format is a folder whose reporter bears its name; a saved result reads back as it was',
  async (t) => {
    for (const format of reportFormats()) t.equal((await loadReporter(format)).format, format)
    await t.rejects(loadReporter('jsn'), { exitCode: 2, message: /did you mean 'json'/ })
    const rendered = json.render(sampleResult(), { columns: 80, colour: false, folder: undefined })
    t.same(parseSaved(resultSchema, rendered, 'here'), sampleResult())
    t.match(rendered, '"buckets": [900,600,100]', 'numbers stay on one line')
  },
)

t.test(
  'the summary says the honest line: rates, population, stores with durability, machine, noise floor',
  async (t) => {
    const out = text({}, 160)
    for (const fact of [
      'documented 2.43M/s × scale 1/1000 = target 2,431/s',
      'scheduled 2,431/s',
      'offered 2,431/s',
      'achieved 2,431/s',
      'population 20,000 users (4.0 % of documented × scale)',
      'skew Zipf',
      'reads 95.0 % (expected 95.0 %)',
      'seed 42',
      'fanout=hybrid',
      'slots 64',
      'pool 10',
      'probes 120',
      'postgres 18.4 native single, acknowledged survives power loss (fsync=on',
      'redis 8.2.1 native single, acknowledged survives nothing',
      'load 0.5 → 1.8',
      'arch 0.1.0',
      'noise floor 1,850 ns',
      'cache hits: post L1 45.6 %',
      'consumer lag: confirmations at most 1,420 records, 212 at the end',
      'relay 10.0 % of a core',
      'profileUpdates 2.00M per day: the text gives no rate',
      'PASS exit code 0',
      'report: reports/social-1',
    ])
      t.match(out, fact)
    t.match(out, /feed\.read +1,610 +1\.10 +1\.98 +4\.95 +9\.02 +20\.1 +0 +12 +p99<300ms ✓/)
    t.match(out, /^ {4}cold +5\.0 % /m, 'parts are indented')
    t.match(out, /feed\.fanout +1,200 +1,200 +0 +0 /)
    t.match(out, /likes\.count-equals-rows +audit +12,345 +0 +✓ held +SOC-45 S-14/)
  },
)

t.test('stand-ins are a fact of the run where there are any; an older result has none', async (t) => {
  t.notMatch(text({}), 'stand-ins')
  const operations = [
    sampleOperation({ standIns: 1_234 }),
    sampleOperation({ name: 'post.read' }),
    sampleOperation({ name: 'liked.list', standIns: 5 }),
  ]
  t.match(text({ operations }, 160), 'stand-ins: feed.read 1,234, liked.list 5')
  const { standIns: _, ...older } = sampleOperation()
  const saved = JSON.stringify({ ...sampleResult(), operations: [older] })
  t.equal(parseSaved(resultSchema, saved, 'here').operations[0]?.standIns, 0)
})

t.test('a missed, an undecided and a never answered target look different from a met one', async (t) => {
  const targets = [
    sampleTarget({ met: false, observedMs: 412 }),
    sampleTarget({ percentile: 99.9, met: false, observedMs: null }),
    sampleTarget({ percentile: 95, decided: false, samples: 12, needed: 200 }),
    sampleTarget({ percentile: 95, observedMs: 4 }),
  ]
  const errors = [{ message: 'deadlock detected', count: 12 }]
  const reasons = [{ verdict: 'FAIL' as const, reason: 'feed.read p99 412 ms, bound 300 ms' }]
  const out = text({
    operations: [sampleOperation({ targets, errors })],
    verdict: 'FAIL',
    exitCode: 4,
    reasons,
  })
  for (const line of [
    'p99<300ms ✗ (412ms)',
    'p99.9<300ms ✗ (never answered)',
    'p95<300ms ? (12 of 200 samples)',
    'p95<300ms ✓ (4.00ms)',
    'feed.read: 12 × deadlock detected',
    'FAIL exit code 4',
    '- FAIL: feed.read p99 412 ms',
  ])
    t.match(out, line)
})

t.test(
  'violations show an example; a run of the text shows what was changed; a partial run says so',
  async (t) => {
    const [audit] = sampleResult().audits
    const broken = {
      ...audit!,
      state: 'violated' as const,
      violations: 3,
      examples: ['post 7: 12 rows, count 9'],
    }
    const out = text({
      audits: [broken, { ...audit!, name: 'other', state: 'nothing to check', note: 'no feed was warm' }],
      variant: 'as-written',
      changes: ['INDEX moved out of CREATE TABLE'],
      partial: true,
      verdict: 'INTERRUPTED',
      exitCode: 130,
      generator: {
        ...sampleResult().generator,
        valid: false,
        reasons: ['the machine slept'],
        noiseFloor: null,
      },
      operations: [sampleOperation({ responseMs: samplePercentiles(0, 0), cost: null, parts: [] })],
    })
    for (const line of [
      '✗ violated',
      'likes.count-equals-rows: post 7: 12 rows, count 9',
      '? nothing to check',
      'other: no feed was warm',
      '- INDEX moved out of CREATE TABLE',
      'INTERRUPTED exit code 130 (partial',
      'generator: the machine slept',
    ])
      t.match(out, line)
    t.match(out, /feed\.read .* - +- +- /, 'no sample, no number')
  },
)

t.test('the summary fits every width from 40 on, in colour or not, and keeps p99 and targets', async (t) => {
  for (let columns = 40; columns <= 170; columns += 7) {
    const plain = text({}, columns)
    const coloured = console.render(sampleResult(), { columns, colour: true, folder: 'reports/social-1' })
    t.equal(stripVTControlCharacters(coloured), plain, 'colour changes no character')
    t.ok(
      plain.split('\n').every((line) => line.length <= columns),
      `${columns} columns`,
    )
    t.match(plain, /p99/)
    t.match(plain, /✓/)
  }
})

t.test('the comparison shows each defect in both variants, and names what did not show', async (t) => {
  const row = {
    defect: 'S-14',
    title: 'Counter and rows drift',
    shownBy: ['likes.count-equals-rows'],
    asWritten: { shown: true, evidence: '312 violations' },
    fixed: { held: true, evidence: 'held, 12,345 checked' },
  }
  const comparison: Comparison = {
    schema: 'arch.comparison/1',
    workload: 'social',
    profile: 'viral',
    startedAt: NOW.toISOString(),
    results: { asWritten: 'as-written/result.json', fixed: 'fixed/result.json' },
    order: ['fixed', 'as-written', 'as-written', 'fixed'],
    rows: [
      row,
      { ...row, defect: 'S-32', asWritten: { shown: false, evidence: '0 violations' } },
      { ...row, defect: 'S-13', fixed: { held: false, evidence: 'like.add p99 140 ms' } },
    ],
  }
  t.same(parseSaved(comparisonSchema, JSON.stringify(comparison), 'here'), comparison)
  for (const columns of [40, 80, 140]) {
    const out = renderComparison(comparison, { columns, colour: false, folder: 'reports/social-1' })
    t.ok(
      out.split('\n').every((line) => line.length <= columns),
      `${columns} columns`,
    )
    t.match(
      out.replaceAll(/\s+/g, ' '),
      'not shown: S-32 Counter and rows drift; looked at likes.count-equals-rows',
    )
    t.match(out, 'shown as written: 2 of 3')
    t.match(out, 'held as fixed: 2 of 3')
    t.match(out, '✗ not held')
  }
})

t.test('numbers are short and texts break at spaces', async (t) => {
  t.same([0, 0.126, 12.34, 999.6, 2_431, 2_431_000, 5e9].map(quantity), [
    '0',
    '0.13',
    '12.3',
    '1,000',
    '2,431',
    '2.43M',
    '5.00B',
  ])
  t.same([0, 0.042, 1.25, 59.6, 125].map(seconds), ['0 s', '42 ms', '1.3 s', '60 s', '2 min 5 s'])
  t.same(wrap('a text of some words', 10), ['a text of', 'some words'])
  t.same(wrap('unbreakablewords', 6), ['unbrea', 'kablew', 'ords'])
})

t.test(
  'a report folder is named by case and UTC time, unique within a second, and `latest` names the newest',
  async (t) => {
    const out = join(t.testdir(), 'new/reports')
    const folders = await Promise.all([1, 2, 3].map(() => openReportFolder(out, 'social', NOW)))
    t.same(
      folders.map((folder) => folder.path).toSorted(),
      ['', '-2', '-3'].map((suffix) => join(out, `social-20260115T102030Z${suffix}`)),
    )
    const [first, second] = folders
    await first!.write('result.json', '{}')
    await first!.write('result.json', '{"a":1}')
    t.same(readdirSync(first!.path), ['result.json'], 'no temporary file stays')
    t.equal(readFileSync(join(first!.path, 'result.json'), 'utf8'), '{"a":1}')
    t.notOk(existsSync(join(out, 'latest')), 'latest waits for a report')
    await first!.publish()
    await second!.publish()
    t.equal(join(out, readlinkSync(join(out, 'latest'))), second!.path)
  },
)

t.test(
  'a reports folder that cannot be written to is a setup mistake before the run, and nothing is left there',
  async (t) => {
    const root = t.testdir({ file: 'x', locked: {} })
    await t.rejects(openReportFolder(join(root, 'file'), 'social', NOW), {
      exitCode: 3,
      message: /cannot write reports to/,
    })
    await t.rejects(openReportFolder(join(root, 'file/sub'), 'social', NOW), {
      message: /a part of the path is a file/,
    })
    chmodSync(join(root, 'locked'), 0o555)
    const isRoot = process.geteuid?.() === 0
    if (isRoot) process.seteuid?.(65_534)
    try {
      await t.rejects(openReportFolder(join(root, 'locked'), 'social', NOW), {
        exitCode: 3,
        message: /may not be written to/,
      })
    } finally {
      if (isRoot) process.seteuid?.(0)
    }
    t.same(readdirSync(join(root, 'locked')), [])
  },
)

t.test(
  'a folder that goes away while the run goes on is a setup mistake, not a half-written report',
  async (t) => {
    const out = t.testdir()
    const folder = await openReportFolder(out, 'social', NOW)
    await t.rejects(folder.write('gone/result.json', '{}'), ArchError)
    t.same(readdirSync(folder.path), [])
  },
)

t.test(
  'a run that could not begin leaves nothing, one that left more than its first report keeps it',
  async (t) => {
    const out = t.testdir({})
    const refused = await openReportFolder(out, 'social', NOW)
    await refused.write('result.json', '{}')
    await refused.discard('', 'result.json')
    t.notOk(existsSync(refused.path))
    const failed = await openReportFolder(out, 'social', NOW)
    await failed.write('result.json', '{}')
    await failed.write('relay.log', 'why')
    await failed.discard('', 'result.json')
    t.same(readdirSync(failed.path).toSorted(), ['relay.log', 'result.json'])
  },
)
