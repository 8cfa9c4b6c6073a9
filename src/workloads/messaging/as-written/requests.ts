import { z } from 'zod'
import type { MessageKind } from '../clients/plaintext.ts'

const uuid = z.string().regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
const user = z.string().regex(/^\d{1,19}$/)
const request = z.int().min(0)

interface Numbered {
  /** Comes back with the answer. */
  readonly request: number
}

interface Asked {
  /** Whose device it is: the text knows no devices (M-25). */
  hello: { readonly user: string }
  send: {
    readonly conversation: string
    /** The text has no table of members (M-12): whoever writes knows to whom. */
    readonly recipients: readonly string[]
    readonly kind: MessageKind
    readonly content: string
    readonly mediaUrl?: string | undefined
  }
  read: { readonly conversation: string; readonly messages: readonly string[] }
  history: { readonly conversation: string }
  inbox: unknown
  /** All conversations, as a device asks every second. */
  changes: unknown
  /** What came to the user in a conversation after a message. */
  messages: { readonly conversation: string; readonly after: string }
  /** Body: the blob, as it is. */
  upload: unknown
  /** The account: the text has only an inbox of it. */
  forget: unknown
}

type AskType = keyof Asked
/** What a device asks, by its type. */
export type AskOf<Type extends AskType> = { readonly type: Type } & Numbered & Asked[Type]
/** Something that a device asks of the text's server. The text has none: these are the obvious ones. */
export type Ask = { [Type in AskType]: AskOf<Type> }[AskType]

/** What a device asks, as it comes in: validated at the border (design.md, house rules). */
export const askSchema: z.ZodType<Ask> = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), request, user }),
  z.object({
    type: z.literal('send'),
    request,
    conversation: uuid,
    recipients: z.array(user),
    kind: z.enum(['text', 'image', 'video']),
    content: z.string(),
    mediaUrl: z.string().optional(),
  }),
  z.object({ type: z.literal('read'), request, conversation: uuid, messages: z.array(uuid) }),
  z.object({ type: z.literal('history'), request, conversation: uuid }),
  z.object({ type: z.literal('inbox'), request }),
  z.object({ type: z.literal('changes'), request }),
  z.object({ type: z.literal('messages'), request, conversation: uuid, after: uuid }),
  z.object({ type: z.literal('upload'), request }),
  z.object({ type: z.literal('forget'), request }),
])

/** A message as its recipient is given it. */
export interface TextMessage {
  /** A TIMEUUID, as all ids of messages here. */
  readonly message: string
  readonly from: string
  readonly content: string
  readonly mediaUrl: string | undefined
}

/** What each is answered. */
export interface TextAnswers {
  hello: null
  /** One for each recipient. */
  send: { readonly messages: readonly string[] }
  read: null
  history: { readonly messages: readonly string[] }
  inbox: {
    readonly conversations: readonly {
      readonly conversation: string
      readonly last: string
      readonly unread: number
    }[]
  }
  changes: TextAnswers['inbox']
  /** `until`: there is more after it. */
  messages: { readonly messages: readonly TextMessage[]; readonly until: string | undefined }
  upload: { readonly url: string }
  forget: null
}
