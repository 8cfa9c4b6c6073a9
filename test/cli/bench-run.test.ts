// `arch bench` as a user runs it: a process of its own, on real stores.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parseSaved, resultSchema } from '../../src/core/result-schema.ts'
import { childrenOf } from '../helpers/processes.ts'
import { homeWithStores } from '../helpers/small-bench.ts'
import { eventually } from '../helpers/social-fixed.ts'

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))
/** Long enough that nobody's run ends before it is ended. */
const SMALL = [
  'bench',
  'social',
  '--scale',
  '1/10000',
  '--population',
  '1000',
  '--max-duration',
  '5m',
  '--warmup',
  '1s',
]
const home = await homeWithStores()

/** An `arch` that runs, and what it has written so far. */
interface RunningCli {
  readonly child: ChildProcess
  readonly folder: string
  text(): { readonly out: string; readonly err: string }
  /** Resolves when stderr has matched; rejects when the process has ended before. */
  says(pattern: RegExp): Promise<void>
  end(): Promise<number | string>
}

async function arch(args: readonly string[], folder?: string): Promise<RunningCli> {
  const cwd = folder ?? (await mkdtemp(join(tmpdir(), 'arch-cli-')))
  t.teardown(() => rm(cwd, { recursive: true, force: true }))
  const env = { ...process.env, ARCH_HOME: home }
  const child = spawn(process.execPath, [CLI, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'close')
  const text = { out: '', err: '' }
  child.stdout.on('data', (data) => (text.out += String(data)))
  child.stderr.on('data', (data) => (text.err += String(data)))
  return {
    child,
    folder: cwd,
    text: () => text,
    async says(pattern) {
      const said = Promise.withResolvers<undefined>()
      const look = (): void => {
        if (pattern.test(text.err)) said.resolve(undefined)
      }
      child.stderr.on('data', look)
      look()
      const over = await Promise.race([said.promise, ended])
      if (over !== undefined) throw new Error(`ended before it said ${pattern}: ${text.err}`)
    },
    async end() {
      await ended
      return child.exitCode ?? child.signalCode ?? 'nothing'
    },
  }
}

t.test('a second run on one instance is refused, the first goes on; a killed one is forgotten', async (t) => {
  const first = await arch(SMALL)
  await first.says(/^measure: /m)
  const second = await arch(SMALL)
  t.equal(await second.end(), 3)
  t.equal(second.text().out, '')
  t.match(
    second.text().err,
    new RegExp(
      `^arch: another run \\(process ${first.child.pid}\\) holds the case social .*\n      Wait for it`,
    ),
  )
  t.notOk(existsSync(join(second.folder, 'reports')), 'nothing is left of the refused one')
  const roles = await childrenOf(first.child.pid ?? 0)
  t.ok(roles.length > 0)
  first.child.kill('SIGKILL')
  t.equal(await first.end(), 'SIGKILL')
  const next = await arch(SMALL)
  await next.says(/^prewarm: /m)
  for (const { pid } of roles) await eventually(async () => !existsSync(`/proc/${pid}`))
  next.child.kill('SIGINT')
  t.equal(await next.end(), 130)
})

t.test('Ctrl-C under load ends in order: a partial report that can be read, no process left', async (t) => {
  const run = await arch(SMALL)
  await run.says(/^measure: /m)
  const roles = await childrenOf(run.child.pid ?? 0)
  run.child.kill('SIGINT')
  t.equal(await run.end(), 130)
  t.match(run.text().out, 'INTERRUPTED')
  for (const { pid } of roles) t.notOk(existsSync(`/proc/${pid}`), 'no role is left')
  const file = join(run.folder, 'reports', 'latest', 'result.json')
  t.match(parseSaved(resultSchema, await readFile(file, 'utf8'), file), {
    verdict: 'INTERRUPTED',
    partial: true,
  })
  const report = await arch(['report', 'latest'], run.folder)
  t.equal(await report.end(), 0, report.text().err)
  t.match(report.text().out, 'INTERRUPTED')
  const audit = await arch(['audit', 'social'], run.folder)
  await audit.end()
  t.match(
    audit.text().out,
    /^as reports\/social-\S+: fixed, population 1,000, seed 42, fanout=hybrid, counter=delta\n/,
    'the audits are of that run, and say so',
  )
  t.match(audit.text().out, /journal\.acknowledged-once/)
})

for (const [how, signals] of [
  // Two of one kind that nobody has taken yet would be one.
  ['a second Ctrl-C', ['SIGINT', 'SIGTERM']],
  ['kill -9', ['SIGKILL']],
] as const) {
  t.test(`${how} leaves a report that says in one line that the run did not end`, async (t) => {
    const run = await arch(SMALL)
    await run.says(/^measure: /m)
    for (const signal of signals) run.child.kill(signal)
    await run.end()
    const [name = ''] = await readdir(join(run.folder, 'reports'))
    const file = join(run.folder, 'reports', name, 'result.json')
    t.match(parseSaved(resultSchema, await readFile(file, 'utf8'), file), {
      verdict: 'INTERRUPTED',
      partial: true,
      population: { size: 1_000 },
      reasons: { length: 1 },
    })
    const report = await arch(['report', name], run.folder)
    t.equal(await report.end(), 0, report.text().err)
    t.match(
      report.text().out,
      /INTERRUPTED exit code 130 \(partial: .*\)\n {2}- INTERRUPTED: no report yet: .*\n {2}report: /,
    )
  })
}

t.test('reports that cannot be written are said so before anything starts', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'arch-cli-'))
  await writeFile(join(folder, 'reports'), 'in the way')
  const run = await arch(SMALL, folder)
  t.equal(await run.end(), 3)
  t.match(run.text().err, /^arch: cannot write reports to .*\n {6}choose another folder with --out\n$/)
  const full = await arch([...SMALL, '--out', '/dev/full/reports'], folder)
  t.equal(await full.end(), 3)
  t.equal(full.text().err.trim().split('\n').length, 2)
})

t.test(
  'what no window can decide, and what is malformed, are usage errors that leave nothing behind',
  async (t) => {
    for (const flags of [
      ['--duration', '5s'],
      ['--duration', '5'],
      ['--workers', '0'],
      ['--strategy', 'fanout=shove'],
    ]) {
      const run = await arch(['bench', 'social', '--scale', '1/10000', ...flags])
      t.equal(await run.end(), 2)
      t.match(run.text().err, /^arch: .+\n {6}.+\n$/)
      t.same(await readdir(run.folder), [])
    }
  },
)
