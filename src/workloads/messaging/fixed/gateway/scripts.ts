import type { RedisScript } from '../../../../stores/redis/client.ts'

/** More unread ones are shown as "99+" (M-04). */
export const MOST_UNREAD = 100
/** How long the last messages of a conversation in which nothing is said are kept beside the log. */
const RECENT_SECONDS = 86_400

/**
 * Puts an entry into the queue of each device, behind what waits there, and tells the gateways where devices are
 * connected. A queue is a sorted set by a position that only counts (M-08); it finds an entry by its name too, so that
 * one that waits already is not put there twice; behind its name stands which of its devices this is, of how many. A device whose position was lost with Redis begins at a million: what
 * is rebuilt for it comes before (see rebuild.ts).
 */
const ENQUEUE = `
local function enqueue(entry, payload, seconds, first, now)
  redis.call('SET', 'entry:' .. entry, payload, 'EX', seconds)
  local told = {}
  local of = #ARGV - first + 1
  for index = first, #ARGV do
    local device = ARGV[index]
    local queue = 'queue:' .. device
    local part = (index - first) .. '.' .. of
    if not redis.call('ZSCORE', queue, entry .. '#' .. part) then
      local counter = 'position:' .. device
      local position = redis.call('INCR', counter)
      if position == 1 then
        position = 1000001
        redis.call('SET', counter, position)
      end
      redis.call('ZADD', queue, position, entry .. '#' .. part)
      local gateway = redis.call('GET', 'route:' .. device)
      if gateway then
        gateway = string.match(gateway, '^[^ ]+')
        local list = told[gateway]
        if not list then
          list = {}
          told[gateway] = list
        end
        list[#list + 1] = device .. ' ' .. position .. ' ' .. part
      else
        redis.call('ZADD', 'waiting', 'NX', now, device)
      end
    end
  end
  for gateway, list in pairs(told) do
    redis.call('PUBLISH', 'gateway:' .. gateway, entry .. '\\n' .. table.concat(list, ',') .. '\\n' .. payload)
  end
end
`

/**
 * Takes a message into its conversation: the same id for the same key of a device (M-02), else the next one of the
 * conversation (M-10), and puts it into the queues.
 * KEYS: the device's key, the conversation's last id, its state, its last messages (see `unreadCounts`). ARGV: state, now
 * in ms, floor ("ms:sequence", what the conversation's last id is where Redis does not know it), whether it may have been
 * sent before and the store was not asked yet, id that the store has for the key or '', seconds that the key is kept,
 * seconds that the entry is kept, conversation, payload, sender, devices.
 * Returns `known` or `new` with the id, or what is missing: `stale` with the state, `cold`, `again`.
 */
export const takeMessage: RedisScript = {
  name: 'takeMessage',
  lua: `${ENQUEUE}
local id = redis.call('GET', KEYS[1])
local answer = 'known'
if not id then
  local state = redis.call('GET', KEYS[3])
  if state ~= ARGV[1] then return {'stale', state or ''} end
  if ARGV[4] == '1' then return {'again', ''} end
  answer = 'new'
  id = ARGV[5]
  if id == '' then
    local last = redis.call('GET', KEYS[2])
    if not last then
      if ARGV[3] == '' then return {'cold', ''} end
      last = ARGV[3]
      redis.call('DEL', KEYS[4])
      redis.call('RPUSH', KEYS[4], last .. ' -')
    end
    local ms, sequence = string.match(last, '(%d+):(%d+)')
    ms = tonumber(ms)
    local now = tonumber(ARGV[2])
    if now > ms then id = string.format('%.0f:0', now)
    else id = string.format('%.0f:%d', ms, tonumber(sequence) + 1) end
    redis.call('SET', KEYS[2], id)
    redis.call('RPUSH', KEYS[4], id .. ' ' .. ARGV[10])
    redis.call('LTRIM', KEYS[4], -${MOST_UNREAD}, -1)
    redis.call('EXPIRE', KEYS[4], ${RECENT_SECONDS})
  end
  redis.call('SET', KEYS[1], id, 'EX', ARGV[6])
end
enqueue(ARGV[8] .. '/' .. id, ARGV[9], ARGV[7], 11, ARGV[2])
return {answer, id}`,
}

/**
 * How much others have said behind a mark, of many conversations at once (M-04): the last hundred messages of each, as
 * "ms:sequence sender" in their order, with "ms:sequence -" before them where the log knows of none behind it, and so
 * whole from the first one on. KEYS: last id and last messages of each conversation in turn. ARGV: user, marks ("ms:sequence").
 * Returns for each the last id or '', and the count: a hundred where there are as many messages at all, -1 where the mark
 * is before what is here, which is for the log to say.
 */
export const unreadCounts: RedisScript = {
  name: 'unreadCounts',
  lua: `
local function count(key, user, mark)
  local markMs, markSequence = string.match(mark, '(%d+):(%d+)')
  markMs, markSequence = tonumber(markMs), tonumber(markSequence)
  local behind, own, to = 0, 0, -1
  for _, size in ipairs({10, ${MOST_UNREAD - 10}}) do
    local found = redis.call('LRANGE', key, to - size + 1, to)
    for index = #found, 1, -1 do
      local ms, sequence, sender = string.match(found[index], '(%d+):(%d+) (.+)')
      ms = tonumber(ms)
      if ms < markMs or (ms == markMs and tonumber(sequence) <= markSequence) then return behind - own end
      if sender == '-' then return -1 end
      behind = behind + 1
      if sender == user then own = own + 1 end
      if behind == ${MOST_UNREAD} then return behind end
    end
    if #found < size then return -1 end
    to = to - size
  end
  return -1
end
local answer = {}
for index = 2, #ARGV do
  local last = redis.call('GET', KEYS[2 * index - 3])
  answer[#answer + 1] = last or ''
  answer[#answer + 1] = last and count(KEYS[2 * index - 2], ARGV[1], ARGV[index]) or -1
end
return answer`,
}

/** Puts a key for one device into its queue. ARGV: entry, payload, seconds, now, devices. */
export const takeKey: RedisScript = {
  name: 'takeKey',
  lua: `${ENQUEUE}
enqueue(ARGV[1], ARGV[2], ARGV[3], 5, ARGV[4])
return 1`,
}

/**
 * What waits for a device behind a position, with what it is. KEYS: queue. ARGV: position, most.
 * Returns entry, position, payload (or '') in turn.
 */
export const waitingEntries: RedisScript = {
  name: 'waitingEntries',
  lua: `
local found = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[1], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[2])
local answer = {}
for index = 1, #found, 2 do
  answer[#answer + 1] = found[index]
  answer[#answer + 1] = found[index + 1]
  answer[#answer + 1] = redis.call('GET', 'entry:' .. string.match(found[index], '^[^#]+')) or ''
end
return answer`,
}

/**
 * A device is gone from where it was, unless it came back in between; what it has not taken waits for it from now on.
 * KEYS: route, queue, waiting. ARGV: what the route was, now, device.
 */
export const leaveRoute: RedisScript = {
  name: 'leaveRoute',
  lua: `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
if redis.call('EXISTS', KEYS[2]) == 1 then redis.call('ZADD', KEYS[3], 'NX', ARGV[2], ARGV[3]) end
return 1`,
}

/**
 * Puts what the store knows into a queue that Redis has lost, before what has come since: positions below a million.
 * KEYS: queue. ARGV: seconds, entries before these, then entry with its part, payload in turn.
 */
export const rebuildQueue: RedisScript = {
  name: 'rebuildQueue',
  lua: `
local position = tonumber(ARGV[2])
for index = 3, #ARGV, 2 do
  position = position + 1
  redis.call('SET', 'entry:' .. string.match(ARGV[index], '^[^#]+'), ARGV[index + 1], 'EX', ARGV[1])
  redis.call('ZADD', KEYS[1], 'NX', position, ARGV[index])
end
return position`,
}

/**
 * What was moved to the store leaves Redis, unless the device has come back in between. KEYS: route, queue, waiting.
 * ARGV: position up to which, device. Returns how much is left, or -1 where it is back.
 */
export const leaveToStore: RedisScript = {
  name: 'leaveToStore',
  lua: `
if redis.call('EXISTS', KEYS[1]) == 1 then return -1 end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[1])
local left = redis.call('ZCARD', KEYS[2])
if left == 0 then redis.call('ZREM', KEYS[3], ARGV[2]) end
return left`,
}
