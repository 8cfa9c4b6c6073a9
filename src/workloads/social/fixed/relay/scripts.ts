import type { RedisScript } from '../../../../stores/redis/client.ts'

const OLDER = `
local function older(a, b)
  return #a < #b or (#a == #b and a < b)
end
`

/**
 * Inserts a post id in order into the lists that exist, once each, and cuts them to their newest ids; where a list is
 * just being rebuilt the id queues behind its lease. A cold list stays cold (S-21, S-26, S-28). Keys: lists. Arguments:
 * id, ids kept. Answers how many lists it was inserted into.
 */
export const INSERT_POST: RedisScript = {
  name: 'relay.insert-post',
  lua: `${OLDER}
local id, kept, inserted = ARGV[1], tonumber(ARGV[2]), 0
local function insert(key, head)
  if older(head, id) then
    redis.call('LPUSH', key, id)
  else
    local pivot, start = nil, 0
    while not pivot do
      local part = redis.call('LRANGE', key, start, start + 99)
      if #part == 0 then return end
      for _, other in ipairs(part) do
        if other == id then return end
        if older(other, id) then
          pivot = other
          break
        end
      end
      start = start + 100
    end
    redis.call('LINSERT', key, 'BEFORE', pivot, id)
  end
  inserted = inserted + 1
  if redis.call('LLEN', key) > kept then redis.call('LTRIM', key, 0, kept - 1) end
end
for _, key in ipairs(KEYS) do
  local head = redis.call('LINDEX', key, 0)
  if head then insert(key, head) else redis.call('RPUSHX', 'lease:' .. key, id) end
end
return inserted`,
}

/**
 * A follow that the reader's own process may have left unsaid. Keys: feed, pulls, hidden, lease. Argument: xid of the
 * event. A feed that was rebuilt from a snapshot after it holds the author's posts; any other is rebuilt at the next read.
 */
export const FOLLOWED: RedisScript = {
  name: 'relay.followed',
  lua: `${OLDER}
for _, member in ipairs(redis.call('SMEMBERS', KEYS[3])) do
  if string.sub(member, 1, 1) == 's' and older(ARGV[1], string.sub(member, 2)) then return 0 end
end
return redis.call('DEL', KEYS[1], KEYS[2], KEYS[4])`,
}

/** An unfollow, likewise. Keys: feed, pulls, hidden, lease. Argument: the member that the reader's own process leaves. */
export const UNFOLLOWED: RedisScript = {
  name: 'relay.unfollowed',
  lua: `if redis.call('SISMEMBER', KEYS[3], ARGV[1]) == 1 then return 0 end
return redis.call('DEL', KEYS[1], KEYS[2], KEYS[4])`,
}

/**
 * Hides an author from a reader. Keys: hidden, and leases under which an older set may be on its way. Argument: member.
 * A set that is not loaded keeps the member for a minute, for whoever is just loading it without.
 */
export const BLOCKED: RedisScript = {
  name: 'relay.blocked',
  lua: `for i = 2, #KEYS do redis.call('DEL', KEYS[i]) end
local known = redis.call('EXISTS', KEYS[1])
redis.call('SADD', KEYS[1], ARGV[1])
if known == 0 then redis.call('EXPIRE', KEYS[1], 60) end
return known`,
}

/** Tells warm readers of a new pull author. Keys: pulls and lease of each reader. Argument: the author. */
export const PULLED: RedisScript = {
  name: 'relay.pulled',
  lua: `for i = 1, #KEYS, 2 do
  if redis.call('EXISTS', KEYS[i]) == 1 then redis.call('SADD', KEYS[i], ARGV[1]) end
  redis.call('DEL', KEYS[i + 1])
end
return 1`,
}

/**
 * Writes the counts in the fixed-width header of cached posts: ten digits of likes, ten of comments, behind the version
 * byte. Negative entries are shorter. Where nothing is cached, an older count may be on its way: its lease ends (S-36).
 */
export const REFRESH_COUNTS: RedisScript = {
  name: 'relay.refresh-counts',
  lua: `for i, key in ipairs(KEYS) do
  if redis.call('STRLEN', key) > 21 then
    redis.call('SETRANGE', key, 1, ARGV[i])
  else
    redis.call('DEL', 'lease:' .. key)
  end
end
return 1`,
}
