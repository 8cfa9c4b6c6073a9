import { OperationFailure } from '../../core/errors.ts'
import type { StoreEndpoint, StoreFacts } from '../../core/store.ts'
import { instanceList, versionAnswer } from './answers.ts'
import { openSender } from './send.ts'
import type { Sender } from './send.ts'

const ANSWER_MS = 5_000
const ROLES = ['Controller', 'Broker', 'Server']

async function withSender<Result>(
  endpoint: StoreEndpoint,
  work: (sender: Sender) => Promise<Result>,
): Promise<Result> {
  const sender = openSender(endpoint, { poolSize: 1, statementTimeoutMs: ANSWER_MS })
  try {
    return await work(sender)
  } finally {
    sender.close()
  }
}

/** What runs, asked of the controller. @throws OperationFailure or ArchError when it does not answer, or a role is missing */
export async function health(endpoint: StoreEndpoint): Promise<void> {
  await withSender(endpoint, async ({ send }) => {
    const { instances } = instanceList.parse((await send({ method: 'GET', path: '/instances' })).body)
    for (const role of ROLES)
      if (!instances.some((name) => name.startsWith(`${role}_`)))
        throw new OperationFailure('unavailable', `pinot: there is no ${role.toLowerCase()} yet`)
  })
}

/** Version; what a row survives: rows that were read lately are in memory alone, and are read again from their topic. */
export async function facts(endpoint: StoreEndpoint): Promise<StoreFacts> {
  return withSender(endpoint, async ({ send }) => {
    const { body } = await send({ method: 'GET', path: '/version' })
    // A version ends in the commit that it was built from.
    const [version = 'unknown'] = (versionAnswer.parse(body)['pinot-controller'] ?? 'unknown').split('-')
    return {
      name: 'pinot',
      version,
      provider: endpoint.provider,
      topology: endpoint.topology,
      acknowledgedSurvives: 'nothing',
      settings: { 'rows lately read': 'in memory, read again from Kafka' },
    }
  })
}
