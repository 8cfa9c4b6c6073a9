import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const root = join(import.meta.dirname, '..', '..')
const oxlint = join(root, 'node_modules', '.bin', 'oxlint')

function lint(...paths: string[]): { readonly status: number | null; readonly output: string } {
  // Without the options that tap gives every child: the linter's launcher cannot be loaded under them.
  const command = ['-u', 'NODE_OPTIONS', oxlint, '-c', '.oxlintrc.json', '--deny-warnings', ...paths]
  const run = spawnSync('env', command, { cwd: root, encoding: 'utf8' })
  return { status: run.status, output: `${run.stdout}${run.stderr}` }
}

t.test('imports of the sources point one way and none are cyclic', async (t) => {
  const { status, output } = lint('src')
  t.equal(status, 0, output)
})

const forbidden: readonly (readonly [folder: string, line: string, rule: string])[] = [
  ['src/core', "import '../machine/home.ts'", 'core imports nothing of ours'],
  ['src/engine', "import '../session/bench.ts'", 'engine imports core only'],
  ['src/reporters/json', "import '../../stores/redis/index.ts'", 'reporters import core only'],
  ['src/machine', "import '../stores/redis/index.ts'", 'machine imports core only'],
  ['src/stores/redis', "import '../../workloads/social/index.ts'", 'a store imports no workload'],
  ['src/workloads/social', "import '../../engine/dispatch.ts'", 'a workload imports no engine'],
  [
    'src/workloads/social',
    "import { connect } from '../../stores/redis/connect.ts'\nconnect()",
    'a workload imports types of stores only',
  ],
  ['src/workloads/social', "import pg from 'pg'\npg.native", 'a workload imports no driver'],
  [
    'src/workloads/social',
    "import { Client } from '@elastic/elasticsearch'\nvoid Client",
    'a workload imports no driver of any store',
  ],
  [
    'src/patterns',
    "import { Producer } from '@platformatic/kafka'\nnew Producer()",
    'a pattern imports no driver',
  ],
  [
    'src/workloads/social',
    "import { createClient } from '@clickhouse/client'\ncreateClient()",
    'a workload imports no driver of ClickHouse either',
  ],
  ['src/patterns', "import '../workloads/social/index.ts'", 'a pattern knows no workload'],
  ['src/patterns', "import '../engine/dispatch.ts'", 'a pattern imports no engine'],
  ['src/session', "import '../commands/bench.ts'", 'the session knows no command'],
  ['src/commands', "import pg from 'pg'\npg.native", 'a command imports no driver'],
]

for (const [index, [folder, line, rule]] of forbidden.entries()) {
  t.test(`the linter refuses a file in ${folder} against the rule: ${rule}`, async (t) => {
    const inside = join(root, folder, `layer-probe-${process.pid}-${index}`)
    mkdirSync(inside, { recursive: true })
    t.teardown(() => rmSync(inside, { recursive: true, force: true }))
    const deeper = line.replaceAll("'../", "'../../")
    writeFileSync(join(inside, 'probe.ts'), `${deeper}\n`)
    const { status, output } = lint(join(folder, `layer-probe-${process.pid}-${index}`))
    t.not(status, 0, 'the file is refused')
    t.match(output, 'no-restricted-imports')
  })
}
