import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { auditedRun } from '../../src/commands/shared/audited-run.ts'
import { readCase } from '../../src/commands/shared/case-flags.ts'
import { progressLines } from '../../src/commands/shared/progress.ts'
import { readSavedRun } from '../../src/commands/shared/saved-run.ts'
import type { Result } from '../../src/core/result.ts'
import { fakeWorld } from '../helpers/fake-world.ts'
import { sampleResult } from '../helpers/sample-result.ts'

function save(cwd: string, folder: string, changes: Partial<Result>): void {
  mkdirSync(join(cwd, 'reports', folder), { recursive: true })
  writeFileSync(join(cwd, 'reports', folder, 'result.json'), JSON.stringify(sampleResult(changes)))
}

const request = { workload: 'social', run: undefined, variant: undefined }

t.test('an audit is of the newest saved run of its case, also where two began in one second', async (t) => {
  const cwd = t.testdir({})
  t.equal(await auditedRun({ ...request, cwd }), undefined, 'none is saved')
  save(cwd, 'social-20260101T000000Z', { seed: 1 })
  save(cwd, 'social-20260102T000000Z-2', { seed: 2 })
  save(cwd, 'social-20260102T000000Z-10', { seed: 3 })
  save(cwd, 'commerce-20260103T000000Z', { workload: 'commerce' })
  mkdirSync(join(cwd, 'reports', 'social-20260104T000000Z'))
  t.equal((await auditedRun({ ...request, cwd }))?.result.seed, 3)
  t.equal((await auditedRun({ ...request, cwd, run: 'social-20260101T000000Z' }))?.result.seed, 1)
})

t.test(
  'of a comparison the run of the variant is audited, the fixed one unless told otherwise',
  async (t) => {
    const cwd = t.testdir({})
    save(cwd, 'social-20260101T000000Z/fixed', { seed: 1 })
    save(cwd, 'social-20260101T000000Z/as-written', { seed: 2, variant: 'as-written' })
    t.equal((await auditedRun({ ...request, cwd }))?.result.seed, 1)
    t.equal((await auditedRun({ ...request, cwd, variant: 'as-written' }))?.result.seed, 2)
  },
)

t.test('a run of another case or variant is no witness, and a damaged one is none at all', async (t) => {
  const cwd = t.testdir({})
  save(cwd, 'other', { workload: 'commerce' })
  save(cwd, 'social-20260101T000000Z', {})
  await t.rejects(auditedRun({ ...request, cwd, run: 'other' }), { name: 'ArchError', exitCode: 2 })
  const asWritten = { ...request, cwd, variant: 'as-written' }
  await t.rejects(auditedRun({ ...asWritten, run: 'social-20260101T000000Z' }), {
    name: 'ArchError',
    exitCode: 2,
  })
  t.equal(await auditedRun(asWritten), undefined)
  writeFileSync(join(cwd, 'reports', 'social-20260101T000000Z', 'result.json'), '{"schema":"arch.result/1"}')
  await t.rejects(auditedRun({ ...request, cwd }), { name: 'ArchError', exitCode: 3 })
})

t.test('population, seed, variant and strategies are the run’s, and a flag wins over it', async (t) => {
  const { io } = fakeWorld(['audit'])
  const run = sampleResult({ seed: 7, strategies: { fanout: 'push', counter: 'row' } })
  const flags = { provider: 'auto', topology: 'single' }
  const asSaved = await readCase('social', flags, io, progressLines(io), run)
  t.match(asSaved, {
    variantName: 'fixed',
    population: { seed: 7, size: 20_000 },
    choice: { fanout: 'push', counter: 'row' },
  })
  const changed = { ...flags, seed: '8', population: '1K', strategy: ['fanout=pull'] }
  t.match(await readCase('social', changed, io, progressLines(io), run), {
    population: { seed: 8, size: 1_000 },
    choice: { fanout: 'pull', counter: 'row' },
  })
  const unheard = sampleResult({ strategies: { fanout: 'shove' } })
  await t.rejects(readCase('social', flags, io, progressLines(io), unheard), {
    name: 'ArchError',
    exitCode: 3,
  })
})

t.test('a comparison that did not end is explained, with the variant that can be rendered', async (t) => {
  const cwd = t.testdir({})
  save(cwd, 'social-20260101T000000Z/as-written', { variant: 'as-written' })
  await t.rejects(readSavedRun('social-20260101T000000Z', cwd), {
    name: 'ArchError',
    message: /the comparison in .* has not ended/,
    hint: /arch report social-20260101T000000Z\/as-written /,
    exitCode: 3,
  })
})
