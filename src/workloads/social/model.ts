import { assumed, derived, documented, perSecond } from '../../core/model.ts'
import type { Quantity, TrafficModel } from '../../core/model.ts'

const posts = documented(500e6, 'per day', 'SOC-03')
const likes = documented(10e9, 'per day', 'SOC-04')

/** A rate that is `share` of another one. */
function shareOf(whole: Quantity, share: number, why: string): Quantity {
  return assumed(perSecond(whole) * share, 'per second', why)
}

/** A write of the social case that the traffic offers. */
type SocialWrite =
  | 'post.create'
  | 'like.add'
  | 'comment.add'
  | 'comment.reply'
  | 'comment.like'
  | 'like.remove'
  | 'post.delete'
  | 'follow.add'
  | 'follow.remove'
  | 'follow.accept'
  | 'profile.update'
  | 'user.register'
  | 'block.add'

/** Rates of the writes at scale 1: their sum is the 5 % of SOC-10. */
const writes: Readonly<Record<SocialWrite, Quantity>> = {
  'post.create': posts,
  'like.add': likes,
  'comment.add': shareOf(likes, 0.02, 'one comment for 50 likes'),
  'comment.reply': shareOf(likes, 0.005, 'a quarter as many replies as comments'),
  'comment.like': shareOf(likes, 0.01, 'comments are liked far less often than posts'),
  'like.remove': shareOf(likes, 0.01, 'one like in a hundred is taken back'),
  'post.delete': shareOf(posts, 0.1, 'one post in ten is deleted again soon'),
  'follow.add': assumed(
    2_000,
    'per second',
    'small beside posts, and frequent enough to be audited at 1/1000',
  ),
  'follow.remove': assumed(500, 'per second', 'a quarter of the follows'),
  'follow.accept': assumed(200, 'per second', 'a tenth of the accounts are private'),
  'profile.update': assumed(
    500,
    'per second',
    'rare (l.296), and frequent enough to show stale caches at 1/1000',
  ),
  'user.register': assumed(
    300,
    'per second',
    'above any growth of 500M users, so that sign-ups are frequent enough to be audited at 1/1000',
  ),
  'block.add': assumed(200, 'per second', 'rare, and frequent enough to be audited at 1/1000'),
}

const totalWrites = Object.values(writes).reduce((sum, rate) => sum + perSecond(rate), 0)
/** SOC-10: 95 reads for 5 writes. */
const totalReads = 19 * totalWrites

/** A read of the social case that the traffic offers. */
type SocialRead = 'feed.read' | 'post.read' | 'comment.list' | 'profile.read' | 'timeline.read' | 'liked.list'

/** How the reads divide: feeds 70 %, posts and comments 20 %, profiles, timelines and lists of likes 10 %. */
const readShares: Readonly<Record<SocialRead, number>> = {
  'feed.read': 0.7,
  'post.read': 0.16,
  'comment.list': 0.04,
  'profile.read': 0.07,
  'timeline.read': 0.025,
  'liked.list': 0.005,
}

function readRate(share: number): Quantity {
  const arithmetic = `19 x all writes (SOC-10) x ${share} of the reads (the share is assumed)`
  return derived(totalReads * share, 'per second', arithmetic)
}

/** The rate of every operation at scale 1. */
export const rates: Readonly<Record<SocialWrite | SocialRead, Quantity>> = {
  ...writes,
  'feed.read': readRate(readShares['feed.read']),
  'post.read': readRate(readShares['post.read']),
  'comment.list': readRate(readShares['comment.list']),
  'profile.read': readRate(readShares['profile.read']),
  'timeline.read': readRate(readShares['timeline.read']),
  'liked.list': readRate(readShares['liked.list']),
}

/** A number of the traffic that is not the rate of one operation. */
type SocialShare =
  | 'coldFeedReads'
  | 'deepFeedReads'
  | 'celebrityFeedReads'
  | 'celebrityPosts'
  | 'likeRetries'
  | 'hiddenPostReads'
  | 'blockedPostReads'
  | 'deletedPostReads'
  | 'freshPostReads'
  | 'privateTimelineReads'
  | 'ownWriteReads'
  | 'renames'

/** Numbers of the traffic that are not rates of one operation. */
export const shares: Readonly<Record<SocialShare, Quantity>> = {
  coldFeedReads: assumed(0.06, 'of feed reads', 'readers who come back after their feed was dropped'),
  deepFeedReads: assumed(0.05, 'of feed reads', 'one reader in twenty asks for a second page'),
  celebrityFeedReads: assumed(0.2, 'of feed reads', 'first pages of readers who follow a celebrity'),
  celebrityPosts: assumed(0.1, 'of posts', 'celebrities post more often than others'),
  likeRetries: assumed(0.02, 'of likes', 'mobile clients repeat a request whose answer was lost'),
  hiddenPostReads: assumed(
    0.005,
    'of post reads',
    'links to posts of private accounts, which must be refused',
  ),
  blockedPostReads: assumed(0.001, 'of post reads', 'links to posts of authors who blocked the reader'),
  deletedPostReads: assumed(0.005, 'of post reads', 'links to posts that were deleted'),
  freshPostReads: assumed(0.2, 'of post reads', 'new posts are looked at more than old ones'),
  privateTimelineReads: assumed(
    0.01,
    'of timeline reads',
    'visits to private accounts, which must be refused',
  ),
  ownWriteReads: assumed(0.3, 'of lists and profiles', 'people look at what they have just written'),
  renames: assumed(0.1, 'of profile updates', 'a user name rarely changes (l.296)'),
}

/** What the traffic prefers some of. */
type SocialSkew = 'readers' | 'posts' | 'authors'

/** Exponents of Zipf's law (X-17: the text gives no skew). */
export const skew: Readonly<Record<SocialSkew, Quantity>> = {
  readers: assumed(0.5, 'Zipf exponent', 'active users differ mildly in how often they come'),
  posts: assumed(1, 'Zipf exponent', 'attention to posts follows the classical law'),
  authors: assumed(0.8, 'Zipf exponent', 'some authors post and are visited much more often'),
}

/** Every number of the social traffic, for the report (rates at scale 1). */
export const model: TrafficModel = {
  ...rates,
  ...shares,
  'skew.readers': skew.readers,
  'skew.posts': skew.posts,
  'skew.authors': skew.authors,
}
