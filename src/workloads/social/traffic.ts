import { erase } from '../../core/operation.ts'
import type { AnyOperation } from '../../core/operation.ts'
import { commentList } from './traffic/comment-list.ts'
import { commentAdd, commentLike, commentReply } from './traffic/comments.ts'
import { feedRead } from './traffic/feed-read.ts'
import { blockAdd, followAccept, followAdd, followRemove } from './traffic/follows.ts'
import { likeAdd } from './traffic/like-add.ts'
import { likedList } from './traffic/liked-list.ts'
import { likeRemove } from './traffic/like-remove.ts'
import { postCreate } from './traffic/post-create.ts'
import { postDelete } from './traffic/post-delete.ts'
import { postRead } from './traffic/post-read.ts'
import { profileRead } from './traffic/profile-read.ts'
import { timelineRead } from './traffic/timeline-read.ts'
import { profileUpdate, userRegister } from './traffic/users.ts'

/** Everything that the social application does, and the traffic that does it. */
export const socialOperations: readonly AnyOperation[] = [
  erase(feedRead),
  erase(postRead),
  erase(commentList),
  erase(profileRead),
  erase(timelineRead),
  erase(likedList),
  erase(likeAdd),
  erase(likeRemove),
  erase(commentAdd),
  erase(commentReply),
  erase(commentLike),
  erase(postCreate),
  erase(postDelete),
  erase(followAdd),
  erase(followRemove),
  erase(followAccept),
  erase(blockAdd),
  erase(profileUpdate),
  erase(userRegister),
]
