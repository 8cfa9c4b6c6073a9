// What an experiment is handed in a test.
import type { ExperimentHost } from '../../src/core/experiment.ts'
import { roleKiller } from '../../src/session/kill-role.ts'
import { offer } from '../../src/session/offer.ts'
import { storeNodes } from '../../src/session/store-nodes.ts'
import type { TestStores } from './stores.ts'

/** A host that tells nobody anything, over the stores of a test. */
export function experimentHost({
  stores,
  home,
  endpoints,
}: Pick<TestStores, 'stores' | 'home' | 'endpoints'>): ExperimentHost {
  const request = {
    provider: 'native',
    topology: 'single',
    env: { ARCH_HOME: home },
    line: () => undefined,
  } as const
  return {
    progress: () => undefined,
    line: () => undefined,
    signal: new AbortController().signal,
    nodes: storeNodes(Object.keys(stores), request),
    offer,
    killRole: roleKiller('analytics', endpoints),
  }
}
