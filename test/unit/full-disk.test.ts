import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { ArchError, OperationFailure } from '../../src/core/errors.ts'
import type { Home } from '../../src/machine/home.ts'
import { explainFullDisk } from '../../src/session/full-disk.ts'

const served = await mkdtemp(join(tmpdir(), 'arch-test-'))
t.teardown(() => rm(served, { recursive: true }))
const home: Home = { root: served, id: 'x', served, account: undefined }
const full = Object.assign(new Error('could not extend file: No space left on device'), { code: '53100' })

t.test('a store that says its disk is full is a setup mistake with the folder and a remedy', async (t) => {
  for (const error of [full, new OperationFailure('unexpected', full.message, full)]) {
    const explained = await explainFullDisk(error, home)
    t.type(explained, ArchError)
    t.match(explained, { exitCode: 3, message: /No space left/, hint: /ARCH_HOME/ })
    t.ok((explained as ArchError).message.includes(served))
  }
})

t.test('where the store runs elsewhere, the remedy is there too', async (t) => {
  t.match(await explainFullDisk(full, undefined), { exitCode: 3, hint: /where it runs/ })
})

t.test('a failure on a disk with room stays what it is', async (t) => {
  for (const error of [new Error('a bug'), new OperationFailure('unavailable', 'lost')]) {
    t.equal(await explainFullDisk(error, home), error)
    t.equal(await explainFullDisk(error, undefined), error)
  }
})
