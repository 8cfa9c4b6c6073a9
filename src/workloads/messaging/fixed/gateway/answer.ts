import type { Answers } from '../../protocol/answers.ts'
import type { RequestOf, RequestType } from '../../protocol/requests.ts'
import { addressOf } from '../../population.ts'
import { rowsOf } from '../../rows.ts'
import { requireDevice } from './accounts.ts'
import { addMembers, createGroup, removeMember, startConversation } from './conversations.ts'
import { SMALL_GROUP, tellDevices } from './ephemeral.ts'
import { forgetUser } from './forget.ts'
import type { Gateway, Session } from './gateway.ts'
import { historyPage } from './history.ts'
import { listInbox } from './inbox.ts'
import { claimPackages, giveKeys, uploadPackages } from './keys.ts'
import { lastOf } from './last.ts'
import { Refused } from './refused.ts'
import { sendMessage } from './send.ts'
import { SELECT_RECEIPTS } from './statements.ts'
import { takeUp, tellRead } from './take-up.ts'

/** What a device may ask once it has said who it is. */
type Asked = Exclude<RequestType, 'register' | 'hello'>

type Handler<Type extends Asked> = (
  gateway: Gateway,
  session: Session,
  ask: RequestOf<Type>,
  body: Buffer,
) => Promise<Type extends keyof Answers ? Answers[Type] : void>

interface ReceiptRow {
  readonly user_id: bigint
  readonly device_id: number
  readonly delivered_message_id: bigint | null
  readonly read_message_id: bigint | null
}

async function receipts(
  gateway: Gateway,
  session: Session,
  { conversation }: RequestOf<'receipts'>,
): Promise<Answers['receipts']> {
  const { users } = await gateway.memberships.of(conversation)
  if (!users.has(session.device.user)) throw new Refused('not a member')
  const rows = await rowsOf<ReceiptRow>(gateway.cassandra, SELECT_RECEIPTS, [conversation])
  return {
    receipts: rows.map((row) => ({
      address: addressOf({ user: row.user_id, device: row.device_id }),
      delivered: String(row.delivered_message_id ?? 0),
      read: String(row.read_message_id ?? 0),
    })),
  }
}

/**
 * What a device had come to before its gateway went; of conversations that it has left meanwhile, and of messages that
 * are not there, nothing.
 */
async function tellMarks(
  gateway: Gateway,
  { device }: Session,
  { marks }: RequestOf<'marks'>,
): Promise<void> {
  for (const { conversation, delivered = '0', read = '0' } of marks) {
    const { users } = await gateway.memberships.of(conversation)
    if (!users.has(device.user)) continue
    const last = await lastOf(gateway, conversation)
    const [received, seen] = [BigInt(delivered), BigInt(read)]
    if (received > 0n && received <= last) gateway.marks.delivered(conversation, device, received)
    if (seen > 0n && seen <= last) gateway.marks.read(conversation, device, seen)
  }
}

/** Somebody types: told to those who are connected, and kept nowhere. */
async function typing(gateway: Gateway, session: Session, conversation: string): Promise<void> {
  const { users, devices } = await gateway.memberships.of(conversation)
  if (!users.has(session.device.user)) throw new Refused('not a member')
  if (users.size > SMALL_GROUP) return
  const from = session.address
  const others = devices.flatMap(({ address }) => (address === from ? [] : [address]))
  await tellDevices(gateway, others, { type: 'typing', conversation, from })
}

const handlers: { readonly [Type in Asked]: Handler<Type> } = {
  async packages(gateway, session, ask, body) {
    await uploadPackages(
      gateway,
      session,
      ask,
      body,
      BigInt(Math.round(performance.timeOrigin + performance.now())),
    )
    return null
  },
  async devices({ memberships }, { device }, { conversation }) {
    const { view, users, devices } = await memberships.of(conversation)
    if (!users.has(device.user)) throw new Refused('not a member')
    return { state: view, devices }
  },
  claim: (gateway, _session, { addresses }) => claimPackages(gateway, addresses),
  async keys(gateway, session, ask, body) {
    await giveKeys(gateway, session, ask, body)
    return null
  },
  send: sendMessage,
  async taken(gateway, session, { position }) {
    takeUp(gateway, session, position)
  },
  async read(gateway, session, { conversation, message }) {
    const { users } = await gateway.memberships.of(conversation)
    if (!users.has(session.device.user)) throw new Refused('not a member')
    const read = BigInt(message)
    // A mark ahead of all that was said would hide what follows, and outlive its account.
    if (read > (await lastOf(gateway, conversation))) throw new Refused('no such message')
    gateway.marks.read(conversation, session.device, read)
    tellRead(gateway, session, conversation, read)
    return null
  },
  marks: tellMarks,
  receipts,
  history: (gateway, session, { conversation, before }) =>
    historyPage(gateway, session, conversation, before),
  inbox: listInbox,
  typing: (gateway, session, { conversation }) => typing(gateway, session, conversation),
  start: (gateway, session, { user }) => startConversation(gateway, session, BigInt(user)),
  group: createGroup,
  add: addMembers,
  remove: removeMember,
  async upload({ media }, _session, { hash }, body) {
    if (!(await media.put(hash, body))) throw new Refused('malformed')
    return null
  },
  async download({ media }, _session, { hash }) {
    const blob = await media.get(hash)
    return { blob: blob === undefined ? '' : Buffer.from(blob).toString('base64') }
  },
  async forget(gateway, session) {
    await forgetUser(gateway, session)
    return null
  },
}

/** What leaves rows about who asks it. */
const KEPT: ReadonlySet<Asked> = new Set<Asked>(['packages', 'start', 'group'])

/** Answers what a device asks. @throws Refused, OperationFailure */
export async function answer(
  gateway: Gateway,
  session: Session,
  ask: RequestOf<Asked>,
  body: Buffer,
): Promise<unknown> {
  // A deletion is told to other gateways, by a channel that may lose it.
  if (KEPT.has(ask.type)) await requireDevice(gateway, session.device)
  const handle = handlers[ask.type] as Handler<Asked>
  return handle(gateway, session, ask, body)
}
