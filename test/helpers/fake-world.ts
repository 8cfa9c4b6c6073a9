import { fileURLToPath } from 'node:url'
import { runCli } from '../../src/cli.ts'
import type { CommandIo, CommandOutput } from '../../src/commands/command.ts'
import type { ExitCode } from '../../src/core/exit.ts'

/** What a test may set about the world; the rest is a plain pipe of 80 columns in an empty environment. */
export interface FakeWorldSettings {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly isTTY?: boolean
  readonly columns?: number
  /** Lines on stdin. */
  readonly answers?: readonly string[]
}

/** A world without a process: what was written to it can be read. */
export interface FakeWorld {
  readonly io: CommandIo
  readonly out: () => string
  readonly err: () => string
  /** Moves the clock. */
  readonly advance: (milliseconds: number) => void
  /** The first Ctrl-C. */
  readonly interrupt: () => void
}

const PACKAGE_ROOT = fileURLToPath(new URL('../../', import.meta.url))

function recorder(isTTY: boolean, columns: number): { output: CommandOutput; text: () => string } {
  const written: string[] = []
  return { output: { write: (text) => written.push(text), isTTY, columns }, text: () => written.join('') }
}

/** Makes a fake world for one command line. */
export function fakeWorld(args: readonly string[], settings: FakeWorldSettings = {}): FakeWorld {
  const { env = {}, cwd = PACKAGE_ROOT, isTTY = false, columns = 80, answers = [] } = settings
  const stdout = recorder(isTTY, columns)
  const stderr = recorder(isTTY, columns)
  const controller = new AbortController()
  const pending = [...answers]
  let now = Date.UTC(2026, 0, 15, 10, 20, 30)
  return {
    io: {
      args,
      env,
      cwd,
      packageRoot: PACKAGE_ROOT,
      version: '1.2.3',
      stdout: stdout.output,
      stderr: stderr.output,
      stdin: { isTTY, readLine: () => Promise.resolve(pending.shift() ?? '') },
      now: () => new Date(now),
      interruptSignal: () => controller.signal,
      exitCode: 0,
    },
    out: stdout.text,
    err: stderr.text,
    advance(milliseconds) {
      now += milliseconds
    },
    interrupt: () => controller.abort(new Error('interrupted')),
  }
}

/** Runs a command line in a fake world. */
export async function runFake(
  args: readonly string[],
  settings: FakeWorldSettings = {},
): Promise<{ readonly code: ExitCode; readonly out: string; readonly err: string }> {
  const world = fakeWorld(args, settings)
  const code = await runCli(world.io)
  return { code, out: world.out(), err: world.err() }
}
