// `npm test`: every test under tap, and the closing line that CI reads: `N passed, N failed`.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { upStores } from '../src/session/up.ts'
import { removeHome, temporaryHome } from '../test/helpers/homes.ts'

/** Files whose time is told at the end. */
const SLOWEST = 15

/** Stores whose classes the first start that ends in order puts into an archive, from which others start in half the time. */
const ARCHIVED = ['cassandra', 'kafka']

/**
 * Starts and stops them once, where everything is tested: on a new machine a dozen nodes would start before any had ended in
 * order. Where they cannot be started, the tests that need them say so.
 */
async function archiveClasses(): Promise<void> {
  const home = await temporaryHome()
  try {
    await upStores(ARCHIVED, { provider: 'native', topology: 'single', home })
  } catch (error) {
    console.error(`no archive of classes is made: ${String(error)}`)
  } finally {
    await removeHome(home)
  }
}

const binaries = join(import.meta.dirname, '..', 'node_modules', '.bin')
const folder = mkdtempSync(join(tmpdir(), 'arch-test-'))
const output = join(folder, 'tests.tap')
// The stores' own account must reach the homes in it.
chmodSync(folder, 0o755)
// tap's screen repaints itself into a file or pipe unless it believes that nobody watches.
const unwatched = process.stdout.isTTY ? {} : { CI: 'true' }
const env = {
  ...process.env,
  ...unwatched,
  ARCH_TEST_HOMES: folder,
  // Some hundred processes load the same modules: what is compiled and stripped of its types once is read by the others.
  NODE_COMPILE_CACHE: join(folder, 'compiled'),
  PATH: `${binaries}${delimiter}${process.env['PATH'] ?? ''}`,
}
const tap = join(binaries, 'tap')

if (process.argv.length === 2) await archiveClasses()
// tap compiles its plugins once; without it the first test file fails.
spawnSync(tap, ['build'], { stdio: 'ignore', env })
const run = spawnSync(
  tap,
  [
    '--reporter=terse',
    `--output-file=${output}`,
    // Collected in every process that a test starts, stores' daemons included, it costs more than it tells.
    '--disable-coverage',
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit', env },
)

const results = readFileSync(output, 'utf8')
const summary = /^# \{ total: \d+, pass: (\d+)(?:, fail: (\d+))?/m.exec(results)
for (const { name } of readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()))
  if (name !== 'compiled') await removeHome(join(folder, name))
rmSync(folder, { recursive: true })
// Unwatched, tap names no failure: each is printed with what tap says of it.
if (!process.stdout.isTTY)
  for (const [failure] of results.matchAll(/^ *not ok .*(?:\n +---\n[\s\S]*?\n +\.\.\.$)?/gm))
    console.log(failure)
// Where a run's time goes: two files run beside each other.
const took = [...results.matchAll(/^(?:not )?ok \d+ - (\S+) # time=([\d.]+)ms/gm)]
  .map(([, file = '', milliseconds]) => ({ file, seconds: Math.round(Number(milliseconds) / 1000) }))
  .toSorted((one, other) => other.seconds - one.seconds)
if (took.length > SLOWEST) {
  console.log(`\nslowest of ${took.length} files, seconds:`)
  for (const { file, seconds } of took.slice(0, SLOWEST))
    console.log(`${String(seconds).padStart(5)}  ${file}`)
}
const passed = Number(summary?.[1] ?? 0)
const failed = Number(summary?.[2] ?? 0)
// tap may leave the cursor in the middle of a line.
console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = run.status === 0 && failed === 0 && passed > 0 ? 0 : 1
