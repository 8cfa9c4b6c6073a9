import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pc from 'picocolors'
import t from 'tap'
import { caseText, caseValue } from '../../src/commands/shared/case-text.ts'
import { commandNames } from '../../src/commands/shared/discover.ts'
import { reportFailure } from '../../src/commands/shared/failure.ts'
import { progressLines } from '../../src/commands/shared/progress.ts'
import { ArchError } from '../../src/core/errors.ts'
import { reporter as json } from '../../src/reporters/json/index.ts'
import { fakeWorld, runFake } from '../helpers/fake-world.ts'
import { sampleResult } from '../helpers/sample-result.ts'
import { sampleWorkload } from '../helpers/sample-workload.ts'

const CLI = new URL('../../src/cli.ts', import.meta.url)
const ESCAPE = '\u001B['

t.test('help names every command with its summary, on stdout, with examples', async (t) => {
  for (const args of [[], ['--help'], ['help']]) {
    const { code, out, err } = await runFake(args)
    t.equal(code, 0)
    t.equal(err, '')
    for (const name of commandNames()) t.match(out, new RegExp(`^  ${name} .*[a-z]`, 'm'))
    t.match(out, /Examples:\n {2}\$ arch /)
  }
})

t.test('every command has help of its own with an example that names it', async (t) => {
  for (const name of commandNames()) {
    const { code, out } = await runFake([name, '--help'])
    t.equal(code, 0)
    t.match(out, `Usage: arch ${name}`)
    t.match(out, new RegExp(`\\$ arch ${name}`))
  }
})

t.test('--version prints the version and nothing else', async (t) => {
  t.same(await runFake(['--version']), { code: 0, out: '1.2.3\n', err: '' })
})

t.test(
  'a mistyped command or flag is a usage error with a suggestion, and leaves stdout empty',
  async (t) => {
    const command = await runFake(['lsit'])
    t.same([command.code, command.out], [2, ''])
    t.match(command.err, /^arch: unknown command 'lsit'; did you mean list\?\n +see: arch --help\n$/)
    const flag = await runFake(['list', '--jsno'])
    t.same([flag.code, flag.out], [2, ''])
    t.match(flag.err, /^arch: unknown option '--jsno'; did you mean --json\?\n +see: arch list --help\n$/)
    t.equal((await runFake(['report'])).code, 2, 'a missing argument')
  },
)

t.test('an unknown case suggests the nearest', async (t) => {
  const unknown = await runFake(['list', 'soical'])
  t.equal(unknown.code, 2)
  t.match(unknown.err, /case 'soical' is unknown\n +did you mean 'social'\?/)
})

t.test(
  'a setup mistake is a message and a hint without a stack; a bug has its stack and exit code 1',
  async (t) => {
    const world = fakeWorld(['up'])
    t.equal(reportFailure(world.io, new ArchError(`port 5432\u001B[2J is taken`, 'stop what uses it', 3)), 3)
    t.equal(world.err(), 'arch: port 5432?[2J is taken\n      stop what uses it\n')
    const bug = fakeWorld(['up'])
    t.equal(reportFailure(bug.io, new TypeError('x is not a function')), 1)
    t.match(bug.err(), /a bug: TypeError: x is not a function\n {4}at /)
    t.match(bug.err(), /arch 1\.2\.3/)
  },
)

t.test('colour is used on a terminal only, and never with NO_COLOR, --no-color or TERM=dumb', async (t) => {
  const run = async (args: readonly string[], env: Record<string, string>, isTTY: boolean) =>
    (await runFake([...args], { env, isTTY })).out.includes(ESCAPE)
  t.equal(await run(['--help'], {}, true), true)
  t.equal(await run(['--help'], {}, false), false)
  t.equal(await run(['--help'], { NO_COLOR: '1' }, true), false)
  t.equal(await run(['--help'], { TERM: 'dumb' }, true), false)
  t.equal(await run(['--help', '--no-color'], {}, true), false)
  t.equal(await run(['--no-color', 'list', '--help'], {}, true), false)
})

t.test('report renders a saved run by folder, file or name, and the newest by `latest`', async (t) => {
  const cwd = t.testdir({
    reports: { 'social-1': { 'result.json': JSON.stringify(sampleResult()) } },
    other: {},
  })
  symlinkSync('social-1', join(cwd, 'reports/latest'))
  for (const run of [
    'reports/social-1',
    'reports/social-1/result.json',
    'social-1',
    'latest',
    'reports/latest',
  ]) {
    const { code, out, err } = await runFake(['report', run], { cwd })
    t.same([code, err], [0, ''], run)
    t.match(out, /PASS/)
    t.notMatch(out, ESCAPE)
  }
  const saved = await runFake(['report', 'latest', '--json'], { cwd })
  t.same(JSON.parse(saved.out), sampleResult())
  mkdirSync(join(cwd, 'plain/reports'), { recursive: true })
  mkdirSync(join(cwd, 'plain/reports/social-2'))
  writeFileSync(join(cwd, 'plain/reports/social-2/result.json'), JSON.stringify(sampleResult()))
  writeFileSync(join(cwd, 'plain/reports/latest'), 'social-2\n')
  t.equal(
    (await runFake(['report', 'latest'], { cwd: join(cwd, 'plain') })).code,
    0,
    'without symbolic links',
  )
})

t.test('report fits a narrow terminal', async (t) => {
  const cwd = t.testdir({ run: { 'result.json': JSON.stringify(sampleResult()) } })
  for (const columns of [40, 60, 80, 120]) {
    const { out } = await runFake(['report', 'run'], { cwd, columns })
    const widest = Math.max(...out.split('\n').map((line) => line.length))
    t.ok(widest <= columns, `${widest} of ${columns}`)
  }
})

t.test('report says in one line what is wrong with a damaged or missing run', async (t) => {
  const whole = json.render(sampleResult(), { columns: 80, colour: false, folder: undefined })
  const cwd = t.testdir({
    cut: { 'result.json': whole.slice(0, 2_000) },
    foreign: { 'result.json': '{"schema": "other/1"}' },
    wrong: { 'result.json': JSON.stringify({ ...sampleResult(), seed: -1 }) },
    empty: {},
  })
  const line = async (run: string) => {
    const { code, out, err } = await runFake(['report', run], { cwd })
    t.same([code, out], [3, ''])
    t.equal(err.trimEnd().split('\n').length, 2)
    return err
  }
  t.match(await line('cut'), /cut\/result\.json is not JSON/)
  t.match(await line('foreign'), /foreign\/result\.json .* schema/)
  t.match(await line('wrong'), /wrong\/result\.json .* seed/)
  t.match(await line('empty'), /no saved run 'empty'/)
  t.equal((await runFake(['report', 'cut', '--format', 'pdf'], { cwd })).code, 2)
})

t.test('progress is plain lines at most every two seconds a step without a terminal or in CI', async (t) => {
  for (const settings of [{}, { isTTY: true, env: { CI: 'true' } }]) {
    const world = fakeWorld([], settings)
    const { progress, line, clear } = progressLines(world.io)
    for (let done = 0; done < 50; done += 1) {
      progress('seed', done * 1_000, 50_000, 'rows')
      world.advance(100)
    }
    progress('seed', 50_000, 50_000, 'rows')
    line('seeded')
    clear()
    t.same(world.err().split('\n'), [
      'seed: 0 of 50,000 rows',
      'seed: 20,000 of 50,000 rows',
      'seed: 40,000 of 50,000 rows',
      'seed: 50,000 of 50,000 rows',
      'seeded',
      '',
    ])
  }
})

t.test('progress rewrites one line on a terminal and never wraps it', async (t) => {
  const world = fakeWorld([], { isTTY: true, columns: 30, env: { NO_COLOR: '1' } })
  const { progress, line } = progressLines(world.io)
  progress('seed', 10_000, 20_000, 'rows')
  progress('seed', 10_001, 20_000, 'rows')
  world.advance(200)
  progress('wait', 3, undefined, 'stores')
  line('ready')
  t.match(world.err().replaceAll(`\r${ESCAPE}2K`, '|'), /^seed {2}█+░+ 50.*\|wait {2}3 stores\|ready\n$/)
  t.ok(
    world
      .err()
      .split(/\r|\n/)
      .every((text) => text.replace(`${ESCAPE}2K`, '').length < 30),
  )
})

t.test('the real process: exit codes, a reader that leaves, and stderr apart from stdout', async (t) => {
  const run = (command: string) =>
    spawnSync('/bin/sh', ['-c', command], {
      encoding: 'utf8',
      env: { ...process.env, NODE: process.execPath, CLI: CLI.pathname },
    })
  const version = run('"$NODE" "$CLI" --version')
  t.same([version.status, version.stderr], [0, ''])
  t.match(version.stdout, /^\d+\.\d+\.\d+\n$/)
  const wrong = run('"$NODE" "$CLI" nonsense')
  t.same([wrong.status, wrong.stdout], [2, ''])
  const closed = run('"$NODE" "$CLI" --help | true; "$NODE" "$CLI" --help | head -1')
  t.same([closed.status, closed.stderr], [0, ''])
})

t.test(
  'the first Ctrl-C asks for an orderly end, the second ends at once with 130; unasked, the first does',
  async (t) => {
    const source = (asks: boolean) => `
    import { processIo } from '${new URL('../../src/commands/shared/process-io.ts', import.meta.url).href}'
    const io = processIo('${fileURLToPath(new URL('../../', import.meta.url))}')
    ${asks ? "io.interruptSignal().addEventListener('abort', () => io.stdout.write('ending'))" : ''}
    setInterval(() => {}, 60_000)
    io.stdout.write('ready')`
    for (const asks of [true, false]) {
      const child = spawn(process.execPath, ['--input-type=module', '--eval', source(asks)], {
        stdio: 'pipe',
      })
      t.equal(String((await once(child.stdout, 'data'))[0]), 'ready')
      child.kill('SIGINT')
      if (asks) {
        t.equal(String((await once(child.stdout, 'data'))[0]), 'ending')
        child.kill('SIGINT')
      }
      const [code, signal] = await once(child, 'exit')
      t.ok(asks ? code === 130 : signal === 'SIGINT', `${code} ${signal}`)
    }
  },
)

t.test(
  'a listed case shows operations with targets, strategies, profiles, and what is not implemented (X-11); at any width',
  async (t) => {
    const workload = sampleWorkload()
    for (const columns of [40, 60, 80, 140]) {
      const out = caseText(workload, columns, pc.createColors(false))
      t.ok(
        out.split('\n').every((line) => line.length <= columns),
        `${columns} columns`,
      )
      t.match(out, /feed\.read +.*p99<300ms/)
      t.match(out, 'cold p99<300ms')
      t.match(out, 'fanout=push | pull |')
      t.match(out, 'viral: one hot post')
      t.match(out, 'scale 1/1000')
      t.match(out, 'not implemented\n    Memcached (SOC-18)')
    }
    t.match(JSON.parse(JSON.stringify(caseValue(workload))), {
      name: 'sample',
      implemented: true,
      operations: [
        { name: 'feed.read', rate: { origin: 'documented', source: 'SOC-03' } },
        { name: 'like.add' },
      ],
      variants: [{ name: 'fixed', strategies: { fanout: { default: 'hybrid' } } }, { name: 'as-written' }],
    })
  },
)
