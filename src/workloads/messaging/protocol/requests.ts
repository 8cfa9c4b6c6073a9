import { z } from 'zod'

/** Devices that a frame names at most: keys of larger groups come in several frames. */
export const MOST_DEVICES = 128

/** Users that a frame names at most: a larger group is made by several. */
export const MOST_USERS = 4_000

/** Conversations of which a frame tells how far a device has come. */
export const MOST_MARKS = 256

const text = z.string().max(64)
/** An id of a conversation, or a key. */
export const uuid: z.ZodString = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
/** The greatest number that a bigint of the store holds. */
const LAST_ID = '9223372036854775807'

/** Of two decimal texts of equal length the greater number is the greater text. */
function isBigint(text: string): boolean {
  return text.length < LAST_ID.length || text <= LAST_ID
}

/** An id of the store. */
export const id: z.ZodString = z
  .string()
  .regex(/^\d{1,19}$/)
  .refine(isBigint)
const device = z.int().min(1).max(100)
const address = z
  .string()
  .regex(/^\d{1,19}:\d{1,3}$/)
  .refine((text) => isBigint(text.slice(0, text.indexOf(':'))))
const lengths = z.array(z.int().min(1).max(65_536)).max(MOST_DEVICES)
const users = z.array(id).max(MOST_USERS)

interface Numbered {
  /** Comes back with the answer. */
  readonly request: number
}

interface Device {
  readonly user: string
  readonly device: number
}

/** One of the user's devices that lets a further one in: it shows its token. */
export interface Voucher {
  readonly device: number
  readonly token: string
}

interface Conversation {
  readonly conversation: string
}

/** How far a device has come in a conversation. */
export interface ConversationMark {
  readonly conversation: string
  readonly delivered?: string | undefined
  readonly read?: string | undefined
}

interface Asked {
  /** Body: identity key, then the key package of last resort. Answers a token. A user's first device needs no voucher. */
  register: Numbered & Device & { readonly lengths: readonly number[]; readonly by?: Voucher }
  /** Who is speaking, from now on. What waits for the device follows. */
  hello: Numbered & Device & { readonly token: string }
  /** Body: key packages (M-13). */
  packages: Numbered & { readonly lengths: readonly number[] }
  /** The devices that a message to the conversation goes to, and which state of it that is. */
  devices: Numbered & Conversation
  /** A key package of each device, which nobody else gets (M-13). */
  claim: Numbered & { readonly addresses: readonly string[] }
  /** Body: for each device a key that only it can read. */
  keys: Numbered &
    Conversation & { readonly addresses: readonly string[]; readonly lengths: readonly number[] }
  /** Body: the envelope. `key` is the same when it is sent again, which is said (M-02). */
  send: Numbered & Conversation & { readonly state: string; readonly key: string; readonly again: boolean }
  /** Everything up to this position of the queue has been taken. No answer. */
  taken: { readonly position: number }
  read: Numbered & Conversation & { readonly message: string }
  /** How far it had come before, which the gateway that it was told to may not have written. No answer. */
  marks: { readonly marks: readonly ConversationMark[] }
  receipts: Numbered & Conversation
  history: Numbered & Conversation & { readonly before?: string | undefined }
  inbox: Numbered
  /** No answer, and nothing is kept. */
  typing: Conversation
  /** With one other user. Answers the conversation, the same however often and by whomever it is begun (M-22). */
  start: Numbered & { readonly user: string }
  /** Its maker names it, so that asking twice makes one. */
  group: Numbered & { readonly key: string; readonly users: readonly string[] }
  add: Numbered & Conversation & { readonly users: readonly string[] }
  remove: Numbered & Conversation & { readonly user: string }
  /** Body: an encrypted blob, which is found by its SHA-256. */
  upload: Numbered & { readonly hash: string }
  download: Numbered & { readonly hash: string }
  /** The account with all that is about it. */
  forget: Numbered
}

export type RequestType = keyof Asked
/** What a device asks, by its type. */
export type RequestOf<Type extends RequestType> = { readonly type: Type } & Asked[Type]
/** Something that a device asks or tells. */
export type Request = { [Type in RequestType]: RequestOf<Type> }[RequestType]

const requests = {
  register: z.strictObject({
    type: z.literal('register'),
    user: id,
    device,
    lengths: lengths.length(2),
    by: z.strictObject({ device, token: text }).exactOptional(),
  }),
  hello: z.strictObject({ type: z.literal('hello'), user: id, device, token: text }),
  packages: z.strictObject({ type: z.literal('packages'), lengths }),
  devices: z.strictObject({ type: z.literal('devices'), conversation: uuid }),
  claim: z.strictObject({ type: z.literal('claim'), addresses: z.array(address).max(MOST_DEVICES) }),
  keys: z.strictObject({
    type: z.literal('keys'),
    conversation: uuid,
    addresses: z.array(address).max(MOST_DEVICES),
    lengths,
  }),
  send: z.strictObject({
    type: z.literal('send'),
    conversation: uuid,
    state: text,
    key: uuid,
    again: z.boolean(),
  }),
  taken: z.strictObject({ type: z.literal('taken'), position: z.int().min(0) }),
  read: z.strictObject({ type: z.literal('read'), conversation: uuid, message: id }),
  marks: z.strictObject({
    type: z.literal('marks'),
    marks: z
      .array(z.strictObject({ conversation: uuid, delivered: id.optional(), read: id.optional() }))
      .max(MOST_MARKS),
  }),
  receipts: z.strictObject({ type: z.literal('receipts'), conversation: uuid }),
  history: z.strictObject({ type: z.literal('history'), conversation: uuid, before: id.optional() }),
  inbox: z.strictObject({ type: z.literal('inbox') }),
  typing: z.strictObject({ type: z.literal('typing'), conversation: uuid }),
  start: z.strictObject({ type: z.literal('start'), user: id }),
  group: z.strictObject({ type: z.literal('group'), key: uuid, users }),
  add: z.strictObject({ type: z.literal('add'), conversation: uuid, users }),
  remove: z.strictObject({ type: z.literal('remove'), conversation: uuid, user: id }),
  upload: z.strictObject({ type: z.literal('upload'), hash: z.string().regex(/^[0-9a-f]{64}$/) }),
  download: z.strictObject({ type: z.literal('download'), hash: z.string().regex(/^[0-9a-f]{64}$/) }),
  forget: z.strictObject({ type: z.literal('forget') }),
} as const

const numbered = { request: z.int().min(0) }

/** What a device asks, as it comes in: validated at the border (design.md, house rules). */
export const requestSchema: z.ZodType<Request> = z.discriminatedUnion('type', [
  requests.register.extend(numbered),
  requests.hello.extend(numbered),
  requests.packages.extend(numbered),
  requests.devices.extend(numbered),
  requests.claim.extend(numbered),
  requests.keys.extend(numbered),
  requests.send.extend(numbered),
  requests.taken,
  requests.read.extend(numbered),
  requests.marks,
  requests.receipts.extend(numbered),
  requests.history.extend(numbered),
  requests.inbox.extend(numbered),
  requests.typing,
  requests.start.extend(numbered),
  requests.group.extend(numbered),
  requests.add.extend(numbered),
  requests.remove.extend(numbered),
  requests.upload.extend(numbered),
  requests.download.extend(numbered),
  requests.forget.extend(numbered),
])

/** Words by which a frame would say who sends it: its connection does. */
const SENDER: ReadonlySet<string> = new Set(['from', 'sender', 'user', 'device', 'address'])

/** Why a frame is refused that the schema does not take: it names a sender, or anything else. */
export function reasonOf({ issues }: z.ZodError): 'forged sender' | 'malformed' {
  const namesSender = issues.some(
    (issue) => issue.code === 'unrecognized_keys' && issue.keys.some((key) => SENDER.has(key)),
  )
  return namesSender ? 'forged sender' : 'malformed'
}

/** Cuts a body into the parts whose lengths a header names. @returns undefined where they do not add up */
export function partsOf(body: Buffer, sizes: readonly number[]): readonly Buffer[] | undefined {
  const parts: Buffer[] = []
  let from = 0
  for (const size of sizes) {
    parts.push(body.subarray(from, from + size))
    from += size
  }
  return from === body.length ? parts : undefined
}
