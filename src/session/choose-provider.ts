import { ArchError, usageError } from '../core/errors.ts'
import type { ProviderName, Topology } from '../core/store.ts'
import type { StoreModule } from '../core/store-module.ts'
import type { Environment } from '../machine/account.ts'
import { engineFolder } from '../machine/home.ts'
import type { Home } from '../machine/home.ts'
import { topologyOf } from './instance.ts'
import type { Instance } from './instance.ts'
import { hostsOf } from './nodes.ts'
import { lookForDocker } from './up-docker.ts'

/** Who runs a store, and why that one: printed and recorded. */
export interface ProviderChoice {
  readonly provider: ProviderName
  readonly reason: string
}

/** What the user asked for. */
export type ProviderWish = ProviderName | 'auto'

/** @throws ArchError that says which topologies the store has */
function requireTopology(topology: Topology, provider: ProviderName, module: StoreModule): void {
  if (topology === 'single' || provider === 'external') return
  if (provider === 'native' && hostsOf(module, topology) !== undefined) return
  const native = ['single', ...Object.keys(module.native.topologies ?? {})].join(', ')
  throw new ArchError(
    `${module.title} has no topology '${topology}' with the provider ${provider}: natively it has ${native}, with docker single`,
    `Use --topology single, name the store that is to have it (--topology kafka=cluster), or set ${module.urlVariable} to a ${topology} of yours.`,
  )
}

/** Nodes of two topologies of one store never run together. */
function requireSame(topology: Topology, module: StoreModule, running: Instance | undefined): void {
  const found = running === undefined ? topology : topologyOf(running)
  if (found === topology) return
  throw new ArchError(
    `${module.title} is running with the topology '${found}', and '${topology}' was asked for`,
    `Use --topology ${found}, or stop it first with: arch down (its data stays; each topology has data of its own).`,
  )
}

async function choose(
  wish: ProviderWish,
  module: StoreModule,
  home: Home,
  running: Instance | undefined,
  env: Environment,
): Promise<ProviderChoice> {
  const url = env[module.urlVariable]
  if (wish === 'external' && !url) {
    throw usageError(
      `--provider external, and ${module.urlVariable} is not set`,
      `Set ${module.urlVariable}, or choose another provider.`,
    )
  }
  if (url && (wish === 'auto' || wish === 'external')) {
    return { provider: 'external', reason: `${module.urlVariable} is set` }
  }
  if (running !== undefined) {
    if (wish === 'auto' || wish === running.provider)
      return { provider: running.provider, reason: 'already running' }
    throw new ArchError(
      `${module.title} is already running with the provider ${running.provider}, and ${wish} was asked for`,
      'Stop it first with: arch down',
    )
  }
  const native = wish === 'docker' ? undefined : await module.native.look(engineFolder(home))
  if (native?.available === true) return { provider: 'native', reason: native.reason }
  if (native !== undefined && wish === 'native') {
    throw new ArchError(`${module.title} cannot run natively: ${native.reason}`, `Remedy: ${native.remedy}.`)
  }
  const docker = await lookForDocker(module)
  if (docker.available) return { provider: 'docker', reason: docker.reason }
  if (native === undefined)
    throw new ArchError(`Docker cannot be used: ${docker.reason}`, `Remedy: ${docker.remedy}.`)
  throw new ArchError(
    `nothing here can run ${module.title}: ${native.reason}; ${docker.reason}`,
    `Do one of these: ${native.remedy}; ${docker.remedy}; set ${module.urlVariable} to a server of yours.`,
  )
}

/**
 * Decides who runs a store (design.md, section 6): `auto` takes an external URL where one is set, else what already
 * runs, else native, else Docker.
 * @throws ArchError that names every remedy when none can
 */
export async function chooseProvider(
  wish: ProviderWish,
  topology: Topology,
  module: StoreModule,
  home: Home,
  running: Instance | undefined,
  env: Environment,
): Promise<ProviderChoice> {
  const choice = await choose(wish, module, home, running, env)
  requireTopology(topology, choice.provider, module)
  if (choice.provider !== 'external') requireSame(topology, module, running)
  return choice
}
