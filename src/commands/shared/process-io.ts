import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import type { CommandIo, CommandOutput } from '../command.ts'

/** A stream of this process that falls silent when its reader has gone (`arch list | head -1`). */
function quietWhenClosed(stream: NodeJS.WriteStream): CommandOutput {
  let open = true
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    open = false
  })
  return {
    write(text) {
      if (open) stream.write(text)
    },
    isTTY: stream.isTTY ?? false,
    get columns() {
      return stream.columns ?? 80
    },
  }
}

/** The version in the package.json of `packageRoot`. */
function readVersion(packageRoot: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'))
  const known = typeof manifest === 'object' && manifest !== null && 'version' in manifest
  return known ? String(manifest.version) : 'unknown'
}

async function readLine(): Promise<string> {
  const lines = createInterface({ input: process.stdin, terminal: false })
  try {
    for await (const line of lines) return line
    return ''
  } finally {
    lines.close()
  }
}

/** The first signal of a kind asks for an orderly end, the second ends the process. */
function interruptible(): () => AbortSignal {
  let controller: AbortController | undefined
  const interrupt = (): void => {
    if (controller === undefined || controller.signal.aborted) process.exit(130)
    controller.abort(new Error('interrupted'))
  }
  return () => {
    if (controller === undefined) {
      controller = new AbortController()
      process.on('SIGINT', interrupt)
      process.on('SIGTERM', interrupt)
    }
    return controller.signal
  }
}

/** The world of this process. `packageRoot` is the folder that holds package.json. */
export function processIo(packageRoot: string): CommandIo {
  return {
    args: process.argv.slice(2),
    env: process.env,
    cwd: process.cwd(),
    packageRoot,
    version: readVersion(packageRoot),
    stdout: quietWhenClosed(process.stdout),
    stderr: quietWhenClosed(process.stderr),
    stdin: { isTTY: process.stdin.isTTY ?? false, readLine },
    now: () => new Date(),
    interruptSignal: interruptible(),
    exitCode: 0,
  }
}
