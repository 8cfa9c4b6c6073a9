import { countRoundTrip } from '../../../core/cost.ts'
import type { Arrival, Check, Operation } from '../../../core/operation.ts'
import { choose, rootOf, uniform, uniqueWord } from '../../../patterns/traffic/draw.ts'
import type { ArrivalId } from '../../../patterns/traffic/draw.ts'
import type { MessagingApplication } from '../application.ts'
import type { CommandAnswer } from '../clients/control.ts'
import type { MessageKind } from '../clients/plaintext.ts'
import { MESSAGE_DELIVERED } from '../flows.ts'
import { media, rates, shares } from '../model.ts'
import { uuidOf } from '../population.ts'
import type { MessagingWorld } from '../world.ts'
import { CODE } from './code.ts'

/** A message that somebody sends. */
export interface SendInput {
  readonly conversation: string
  readonly isGroup: boolean
  /** The sender's device. */
  readonly device: string
  /** What the device names it. */
  readonly key: string
  readonly kind: MessageKind
  readonly mediaBytes: number
  readonly repeats: boolean
}

type SendOutput = CommandAnswer<'message.send'>

function kindOf(drawn: number): MessageKind {
  if (drawn < shares.videos.value) return 'video'
  return drawn < shares.videos.value + shares.images.value ? 'image' : 'text'
}

/** The message of an arrival. Pure. */
function sendAt(world: MessagingWorld, id: ArrivalId): SendInput {
  const root = rootOf(world.seed, CODE['message.send'], id)
  const { population } = world
  const conversation = world.conversation([uniform(root, 0), uniform(root, 1)])
  const members = population.membersOf(conversation)
  const sender = members[choose(root, 2, members.length)] ?? 0
  const kind = kindOf(uniform(root, 4))
  return {
    conversation: population.conversationId(conversation),
    isGroup: conversation >= population.pairs,
    device: world.deviceOf(sender, uniform(root, 3)),
    key: uuidOf(`message ${world.seed} ${uniqueWord(id)}`),
    kind,
    mediaBytes: kind === 'text' ? 0 : media[kind].value,
    repeats: uniform(root, 5) < shares.repeated.value,
  }
}

/** What is sent twice is one message (M-02). */
const sameAgain: Check<SendInput, SendOutput, MessagingWorld> = {
  name: 'message.same-again',
  claims: ['MSG-20'],
  defects: ['M-02'],
  check({ key }, { message, again }) {
    if (again === undefined) return undefined
    return again === message
      ? true
      : { message: `message ${key} is ${message}, and ${again} when sent again` }
  },
}

/** Somebody sends a message, to one other or to a group; it is answered when it is durable (MSG-20, MSG-21). */
export const messageSend: Operation<MessagingApplication, MessagingWorld, SendInput, SendOutput> = {
  name: 'message.send',
  claims: ['MSG-02', 'MSG-09', 'MSG-20', 'MSG-21'],
  kind: 'write',
  rate: rates['message.send'],
  targets: [],
  parts: {
    pair: { expectedShare: 1 - shares.groups.value },
    group: { expectedShare: shares.groups.value },
  },
  checks: [sameAgain],
  input: (arrival: Arrival, world) => sendAt(world, arrival),
  async run(application, { device, conversation, key, kind, mediaBytes, repeats }, context) {
    const asked = { device, conversation, key, kind, mediaBytes, repeats }
    const sent = await application.command('message.send', asked, context)
    // What the gateway asked of the stores before it acknowledged.
    for (const [store, count] of Object.entries(sent.cost ?? {}))
      for (let each = 0; each < count; each += 1) countRoundTrip(context.cost, store, 1, 0, 0)
    return sent
  },
  part: ({ isGroup }) => (isGroup ? 'group' : 'pair'),
  journal: ({ device, conversation, key, kind }) => ({ device, conversation, key, kind }),
  outcome: (_input, { message, recipients }) => ({ message, recipients }),
  flows: ({ key }, { recipients }) => (recipients === 0 ? undefined : { flows: [MESSAGE_DELIVERED], key }),
}
