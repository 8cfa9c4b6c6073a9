import { chmod, cp } from 'node:fs/promises'
import { join } from 'node:path'
import type { ServiceAccount } from '../core/store-module.ts'
import { madeOnce } from './made-once.ts'
import { run } from './run.ts'

/** Our own Node, or a copy of it below `engines` where `account` cannot run it (a checkout in root's home). */
export async function usableNode(engines: string, account: ServiceAccount | undefined): Promise<string> {
  const { code } = await run(process.execPath, ['--version'], { account, cwd: '/' })
  if (code === 0) return process.execPath
  const copy = join(engines, `node-${process.version}`)
  await madeOnce(copy, async (half) => {
    const file = join(half, 'node')
    await cp(process.execPath, file)
    await chmod(file, 0o755)
    return half
  })
  return join(copy, 'node')
}
