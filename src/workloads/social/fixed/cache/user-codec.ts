import type { ProfileView } from '../../application.ts'
import type { Codec } from '../../../../patterns/cache/codec.ts'

const VERSION = '1'

/** Profiles: version, then JSON with the id as a decimal string. */
export const userCodec: Codec<ProfileView> = {
  encode: (profile) => VERSION + JSON.stringify({ ...profile, userId: profile.userId.toString() }),
  decode(text) {
    if (!text.startsWith(VERSION)) return undefined
    const fields = JSON.parse(text.slice(VERSION.length)) as Omit<ProfileView, 'userId'> & { userId: string }
    return { ...fields, userId: BigInt(fields.userId) }
  },
}

/** One bit: `1` or `0`. */
export const flagCodec: Codec<boolean> = {
  encode: (flag) => (flag ? '1' : '0'),
  decode: (text) => (text === '1' ? true : text === '0' ? false : undefined),
}
