import type { SocialChoice } from '../choice.ts'
import { COUNTER, EVENT } from '../keys.ts'
import type { OutboxEvent } from './outbox.ts'

/** Two ends of an edge, column by column: what `unnest` takes. */
export interface Edges {
  readonly from: string[]
  readonly to: string[]
}

/** What a batch of events changes, gathered so that each effect is one statement. */
export interface BatchSummary {
  /** Pairs (liker, post) of which at least one event tells; whether they like now is read from the truth. */
  readonly likes: Edges
  readonly unlikes: Edges
  readonly follows: Edges
  readonly unfollows: Edges
  readonly blocks: Edges
  /** New posts: (author, post). */
  readonly posts: Edges
  readonly deletedPosts: readonly string[]
  readonly changedUsers: readonly string[]
  /** Posts whose count of likes or comments has changed. */
  readonly countedPosts: readonly string[]
  /** Users whose counts or profile have changed. */
  readonly staleUsers: readonly string[]
  /** Users of whom a counter has changed. */
  readonly countedUsers: readonly string[]
  /** Comments whose count of likes has changed: (comment, its post). */
  readonly countedComments: Edges
  /** Authors who were followed or unfollowed. */
  readonly followedUsers: readonly string[]
  /** Differences by entity and counter kind. */
  readonly counters: ReadonlyMap<string, number>
}

function edges(): Edges {
  return { from: [], to: [] }
}

function link(edges: Edges, from: string, to: string): void {
  edges.from.push(from)
  edges.to.push(to)
}

/** What a batch changes. The strategies row and slots count likes in the request: they are not counted again (S-13). */
export function summarise(events: readonly OutboxEvent[], choice: SocialChoice): BatchSummary {
  const counters = new Map<string, number>()
  const counted = new Set<string>()
  const countedUsers = new Set<string>()
  const stale = new Set<string>()
  const followed = new Set<string>()
  const changed = new Set<string>()
  const deleted: string[] = []
  const [likes, unlikes, follows, unfollows, blocks, posts, countedComments] = [
    edges(),
    edges(),
    edges(),
    edges(),
    edges(),
    edges(),
    edges(),
  ]
  const add = (entity: string, kind: number, by: number): void => {
    const key = `${entity}:${kind}`
    counters.set(key, (counters.get(key) ?? 0) + by)
  }
  const like = (post: string, by: number): void => {
    counted.add(post)
    if (choice.counter === 'delta') add(post, COUNTER.postLikes, by)
  }
  const follow = (follower: string, author: string, by: number): void => {
    add(author, COUNTER.followers, by)
    add(follower, COUNTER.following, by)
    followed.add(author)
    stale.add(author).add(follower)
    countedUsers.add(author).add(follower)
  }
  const post = (author: string, by: number): void => {
    add(author, COUNTER.posts, by)
    stale.add(author)
    countedUsers.add(author)
  }
  for (const { kind, actor, subject, object } of events) {
    switch (kind) {
      case EVENT.likeAdded:
        link(likes, actor, subject)
        like(subject, 1)
        break
      case EVENT.likeRemoved:
        link(unlikes, actor, subject)
        like(subject, -1)
        break
      case EVENT.commentCreated:
        add(object ?? '', COUNTER.postComments, 1)
        counted.add(object ?? '')
        break
      case EVENT.commentLiked:
        add(subject, COUNTER.commentLikes, 1)
        link(countedComments, subject, object ?? '')
        break
      case EVENT.followed:
        link(follows, actor, subject)
        follow(actor, subject, 1)
        break
      case EVENT.unfollowed:
        link(unfollows, actor, subject)
        follow(actor, subject, -1)
        break
      case EVENT.blocked:
        link(blocks, actor, subject)
        break
      case EVENT.postCreated:
        link(posts, actor, subject)
        post(actor, 1)
        break
      case EVENT.postDeleted:
        deleted.push(subject)
        post(actor, -1)
        break
      case EVENT.userChanged:
        changed.add(subject)
        stale.add(subject)
        break
      default:
        throw new Error(`the outbox holds an event of the unknown kind '${kind}'`)
    }
  }
  return {
    likes,
    unlikes,
    follows,
    unfollows,
    blocks,
    posts,
    deletedPosts: deleted,
    changedUsers: [...changed],
    countedPosts: [...counted],
    countedUsers: [...countedUsers],
    countedComments,
    staleUsers: [...stale],
    followedUsers: [...followed],
    counters,
  }
}
