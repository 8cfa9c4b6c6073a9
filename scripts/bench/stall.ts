// `npm run bench:stall`: a real HTTP server that stands still once, for 1.4 s in the middle of 20 s at 1,000/s, seen by
// this load engine (open and closed loop) and by vegeta and k6 where they are on PATH. What an open loop must see:
// p95 400 ms, p99 1,200 ms, p99.9 1,380 ms, max 1,400 ms.
import { fork, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assumed } from '../../src/core/model.ts'
import { OperationFailure } from '../../src/core/errors.ts'
import type { AnyOperation } from '../../src/core/operation.ts'
import { realClock } from '../../src/engine/clock.ts'
import { runLoad } from '../../src/engine/dispatch.ts'
import { summarise } from '../../src/engine/histogram.ts'

const PER_SECOND = 1_000
const SECONDS = 20
const SERVER = new URL('stall-server.ts', import.meta.url)

/** Runs `drive` against a server of its own, which counts its requests from the first. */
async function withServer<Result>(drive: (url: string) => Promise<Result> | Result): Promise<Result> {
  const server = fork(SERVER)
  try {
    const port = await new Promise<number>((resolve, reject) => {
      server.once('message', (message) => resolve(Number(message)))
      server.once('error', reject)
    })
    return await drive(`http://127.0.0.1:${port}/`)
  } finally {
    server.kill()
  }
}

function getOperation(url: string, agent: Agent): AnyOperation {
  return {
    name: 'get',
    claims: [],
    kind: 'read',
    rate: assumed(PER_SECOND, 'per second', 'the benchmark'),
    targets: [],
    input: () => undefined,
    run: () =>
      new Promise<void>((resolve, reject) => {
        const failed = (error: Error): void =>
          reject(new OperationFailure('unavailable', error.message, error))
        get(url, { agent }, (response) => {
          response.on('end', resolve).on('error', failed).resume()
        }).on('error', failed)
      }),
  }
}

async function ours(closedConcurrency?: number): Promise<string> {
  return withServer(async (url) => {
    const agent = new Agent({ keepAlive: true })
    const clock = realClock()
    const streams = [{ operation: 'get', stream: 'mix' as const, perSecond: PER_SECOND }]
    const report = await runLoad({
      operations: [getOperation(url, agent)],
      application: undefined,
      world: undefined,
      results: { get: () => undefined, set: () => undefined },
      plan: { seed: 1, process: 'uniform', phases: [{ phase: 'measure', seconds: SECONDS, streams }] },
      ...(closedConcurrency === undefined ? {} : { closedConcurrency }),
      worker: 0,
      workers: 1,
      slots: 10_000,
      clock,
      startAtMicros: clock.nowMicros() + 50_000,
    })
    agent.destroy()
    const measured = report.operations.find(({ phase }) => phase === 'measure')
    const response = measured?.measures.response
    if (measured === undefined || response === undefined) throw new RangeError('nothing was answered')
    const { p50, p95, p99, p999, max } = summarise(response)
    const answered = `${measured.outcomes.ok} answered`
    const figures = [p50, p95, p99, p999, max].map((value) => value.toFixed(1).padStart(9)).join('')
    return `${figures}  ${answered}`
  })
}

function isInstalled(tool: string, flag: string): boolean {
  return spawnSync(tool, [flag], { stdio: 'ignore' }).error === undefined
}

function vegeta(url: string): string {
  const attack = spawnSync(
    'vegeta',
    ['attack', `-rate=${PER_SECOND}`, `-duration=${SECONDS}s`, '-max-workers=10000'],
    {
      input: `GET ${url}\n`,
      maxBuffer: 2 ** 28,
    },
  )
  const report = spawnSync('vegeta', ['report', '-type=json'], { input: attack.stdout })
  return report.stdout.toString().trim()
}

function k6(url: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'arch-stall-'))
  const script = join(folder, 'stall.js')
  const scenario = `{ executor: 'constant-arrival-rate', rate: ${PER_SECOND}, duration: '${SECONDS}s', preAllocatedVUs: 2000 }`
  writeFileSync(
    script,
    `import http from 'k6/http'
export const options = { scenarios: { stall: ${scenario} }, summaryTrendStats: ['med', 'p(95)', 'p(99)', 'p(99.9)', 'max'] }
export default () => { http.get('${url}') }
`,
  )
  const run = spawnSync('k6', ['run', '--quiet', script])
  rmSync(folder, { recursive: true })
  const lines = run.stdout.toString().split('\n')
  return lines.filter((line) => /http_req_duration|dropped_iterations/.test(line)).join('\n')
}

console.log(`milliseconds               p50      p95      p99    p99.9      max`)
console.log(`should be                  0.0    400.0   1200.0   1380.0   1400.0`)
console.log(`arch, open loop     ${await ours()}`)
console.log(`arch, closed loop   ${await ours(1)}`)
for (const [tool, flag, drive] of [
  ['vegeta', '-version', vegeta],
  ['k6', 'version', k6],
] as const) {
  if (isInstalled(tool, flag)) console.log(`${tool}:\n${await withServer(drive)}`)
  else console.log(`${tool}: not installed`)
}
