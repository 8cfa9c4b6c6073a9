import type { RedisScript } from '../../../../stores/redis/client.ts'

/** Decimal ids compared without floats, and the ids of a list below a cursor (X-04, S-29, S-30). */
const PAGING = `
local function older(a, b)
  return #a < #b or (#a == #b and a < b)
end
local function page(key, cursor, want)
  if cursor == '' then return redis.call('LRANGE', key, 0, want - 1) end
  local ids, start = {}, 0
  while #ids < want do
    local part = redis.call('LRANGE', key, start, start + 99)
    if #part == 0 then break end
    if older(part[#part], cursor) then
      for _, id in ipairs(part) do
        if #ids < want and older(id, cursor) then ids[#ids + 1] = id end
      end
    end
    start = start + 100
  end
  return ids
end
local function lease(key, token, seconds)
  local holder = redis.call('LINDEX', key, 0)
  if holder then return 'busy;' .. holder end
  redis.call('RPUSH', key, token)
  redis.call('EXPIRE', key, seconds)
  return 'lease'
end
`

/**
 * The first wave of a feed read. Keys: feed, pulls, hidden, lease. Arguments: cursor or '', how many ids, token of a
 * lease, its seconds, the seconds that a feed in use lives. Answers `warm;<ids>;<pulls>;<hidden>`, or `lease` where the
 * feed is cold and this caller shall rebuild it, or `busy;<token>` where another does.
 *
 * A rebuilt feed is on probation for seconds; the next read makes it stay for days, so that readers who come once do
 * not hold memory (S-37, S-42).
 */
export const FEED_PAGE: RedisScript = {
  name: 'feed.page',
  lua: `${PAGING}
local function cold() return lease(KEYS[4], ARGV[3], ARGV[4]) end
local life = redis.call('TTL', KEYS[1])
if life == -2 then return cold() end
local pulls = redis.call('SMEMBERS', KEYS[2])
local hidden = redis.call('SMEMBERS', KEYS[3])
local loaded = false
for _, member in ipairs(hidden) do
  if member == '0' then loaded = true end
end
if #pulls == 0 or not loaded then
  redis.call('DEL', KEYS[1], KEYS[2])
  return cold()
end
if life >= 0 and life < ARGV[5] * 6 / 7 then
  for i = 1, 3 do redis.call('EXPIRE', KEYS[i], ARGV[5]) end
end
return 'warm;' .. table.concat(page(KEYS[1], ARGV[1], tonumber(ARGV[2])), ',') .. ';'
  .. table.concat(pulls, ',') .. ';' .. table.concat(hidden, ',')`,
}

/**
 * The authors' wave of a reader of celebrities. Keys: list and lease of each author. Arguments: cursor or '', how many
 * ids, token, seconds of a lease. Answers for each author the ids by commas, `lease`, or `busy;<token>`.
 */
export const AUTHOR_PAGES: RedisScript = {
  name: 'feed.author-pages',
  lua: `${PAGING}
local answers = {}
for i = 1, #KEYS, 2 do
  if redis.call('EXISTS', KEYS[i]) == 1 then
    answers[#answers + 1] = table.concat(page(KEYS[i], ARGV[1], tonumber(ARGV[2])), ',')
  else
    answers[#answers + 1] = lease(KEYS[i + 1], ARGV[3], ARGV[4])
  end
end
return answers`,
}

/** What stores a list that was read from PostgreSQL together with the ids that were pushed meanwhile. */
const STORING = `
local function older(a, b)
  return #a < #b or (#a == #b and a < b)
end
local function items(text)
  local list = {}
  for item in string.gmatch(text, '[^,]+') do list[#list + 1] = item end
  return list
end
local function held(lease, token) return redis.call('LINDEX', lease, 0) == token end
local function store(key, lease, text, kept)
  local ids = items(text)
  for _, id in ipairs(redis.call('LRANGE', lease, 1, -1)) do
    local at = 1
    while ids[at] and older(id, ids[at]) do at = at + 1 end
    -- Older than the end of a list that is not complete: the list does not reach back to it.
    if ids[at] and ids[at] ~= id then table.insert(ids, at, id) end
  end
  while #ids > kept do table.remove(ids) end
  redis.call('DEL', key, lease)
  for first = 1, #ids, 500 do
    redis.call('RPUSH', key, unpack(ids, first, math.min(first + 499, #ids)))
  end
end
`

/**
 * Stores a rebuilt feed if the lease is still held. Keys: feed, pulls, hidden, lease. Arguments: token, ids (newest
 * first, ending in 0 when complete), pull authors, blocked authors, snapshot horizon, seconds, ids kept.
 *
 * `u` members stay: a push that began before the unfollow may still arrive. `s<xid>` names the horizon of the snapshot,
 * so that the relay sees whether a follow is in the feed already. Answers 1 when stored.
 */
export const STORE_FEED: RedisScript = {
  name: 'feed.store',
  lua: `${STORING}
if not held(KEYS[4], ARGV[1]) then return 0 end
store(KEYS[1], KEYS[4], ARGV[2], tonumber(ARGV[7]))
redis.call('DEL', KEYS[2])
redis.call('SADD', KEYS[2], '0', unpack(items(ARGV[3])))
local hidden = { '0', 's' .. ARGV[5] }
for _, member in ipairs(redis.call('SMEMBERS', KEYS[3])) do
  if string.sub(member, 1, 1) == 'u' then hidden[#hidden + 1] = member end
end
for _, author in ipairs(items(ARGV[4])) do hidden[#hidden + 1] = 'b' .. author end
redis.call('DEL', KEYS[3])
redis.call('SADD', KEYS[3], unpack(hidden))
for i = 1, 3 do redis.call('EXPIRE', KEYS[i], ARGV[6]) end
return 1`,
}

/** Stores a pull author's list if the lease is still held. Keys: list, lease. Arguments: token, ids, ids kept. */
export const STORE_AUTHOR: RedisScript = {
  name: 'feed.store-author',
  lua: `${STORING}
if not held(KEYS[2], ARGV[1]) then return 0 end
store(KEYS[1], KEYS[2], ARGV[2], tonumber(ARGV[3]))
return 1`,
}
