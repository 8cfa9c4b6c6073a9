import type { RedisScript } from '../../../../stores/redis/client.ts'
import { EPOCH_MS } from '../../../../core/snowflake.ts'
import { NUMBERS, PARTS, PERIOD_MS } from '../../ids.ts'
import { MOST_UNREAD, RECENT_SECONDS } from './recent.ts'

/** Devices that one script serves: nothing else goes on in Redis meanwhile. */
const TOGETHER = 1_000
/** A page of a queue is no longer than it, by its first entry or more: a write of Cassandra may have 8 MiB. */
const PAGE_BYTES = 2 ** 20
/** Characters of a payload that are a kibibyte of its envelope, in base64. */
const KIBIBYTE = 1_368

/**
 * Puts an entry into the queue of each device, behind what waits there, and tells the gateways where devices are
 * connected. A queue is a sorted set by a position that only counts (M-08); it finds an entry by its name too, so that
 * one that waits already is not put there twice; behind its name stands which of its devices this is, of how many. A device whose position was lost with Redis begins at a million: what
 * is rebuilt for it comes before (see rebuild.ts).
 */
const ENQUEUE = `
local function enqueue(entry, payload, devices, before, of, now)
  local told = {}
  for index, device in ipairs(devices) do
    local queue = 'queue:' .. device
    local part = (before + index - 1) .. '.' .. of
    local gone = redis.call('EXISTS', 'gone:' .. string.match(device, '^%d+')) == 1
    if not gone and not redis.call('ZSCORE', queue, entry .. '#' .. part) then
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
 * The id behind the last one of a conversation: of the clock's millisecond, or where that is not ahead counted on. It is of
 * the same part of ten days until as much was taken there as a bucket holds, and then of the next one (M-01). Keeps how
 * much there is with it.
 */
const NEXT_ID = `
local function nextId(last, now, filledKey, size, most)
  local ms, sequence = string.match(last, '(%d+):(%d+)')
  ms, sequence = tonumber(ms), tonumber(sequence)
  local part, number = math.floor(sequence / ${NUMBERS}), sequence % ${NUMBERS} + 1
  local period = math.floor((ms - ${EPOCH_MS}) / ${PERIOD_MS})
  local filled = tonumber(redis.call('GET', filledKey) or 0)
  if now > ms then ms, number = now, 0
  elseif number == ${NUMBERS} then ms, number = ms + 1, 0 end
  if math.floor((ms - ${EPOCH_MS}) / ${PERIOD_MS}) ~= period then part, filled = 0, 0
  elseif filled >= most and part < ${PARTS - 1} then part, number, filled = part + 1, 0, 0 end
  redis.call('SET', filledKey, filled + size)
  return string.format('%.0f:%.0f', ms, part * ${NUMBERS} + number)
end
`

/**
 * Takes a message into its conversation: the same id for the same key of a device (M-02), else the next one of the
 * conversation (M-10), and puts it into the queues.
 * KEYS (`takeMessageKeys`): the device's key, the conversation's last id, its state, its last messages (see
 * `unreadCounts`), the epoch, how full its bucket is. ARGV: state, now in ms, floor ("ms:sequence", what the conversation's last id is where Redis does not know it), whether it may have been
 * sent before and the store was not asked yet, id that the store has for the key or '', seconds that the key is kept,
 * seconds that the entry is kept, conversation, payload, sender, what a bucket takes, devices.
 * Returns `known` or `new` with the id, or what is missing: `stale` with the state, `cold`, `again`. Where there are many
 * devices, or some of an earlier message wait for theirs, they are noted to be served part by part, behind those; up to
 * which part, as `serveNext` counts them, is returned too, and then the epoch or ''.
 */
export const takeMessage: RedisScript = {
  name: 'takeMessage',
  lua: `${ENQUEUE}${NEXT_ID}
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
      redis.call('DEL', KEYS[4], KEYS[6])
      redis.call('RPUSH', KEYS[4], last .. ' -')
    end
    id = nextId(last, tonumber(ARGV[2]), KEYS[6], math.ceil(#ARGV[9] / ${KIBIBYTE}), tonumber(ARGV[11]))
    redis.call('SET', KEYS[2], id)
    redis.call('RPUSH', KEYS[4], id .. ' ' .. ARGV[10])
    redis.call('LTRIM', KEYS[4], -${MOST_UNREAD}, -1)
    redis.call('EXPIRE', KEYS[4], ${RECENT_SECONDS})
  end
  redis.call('SET', KEYS[1], id, 'EX', ARGV[6])
end
local epoch = redis.call('GET', KEYS[5]) or ''
local entry = ARGV[8] .. '/' .. id
local parts = 'parts:' .. ARGV[8]
local devices = {}
for index = 12, #ARGV do devices[#devices + 1] = ARGV[index] end
redis.call('SET', 'entry:' .. entry, ARGV[9], 'EX', ARGV[7])
if #devices <= ${TOGETHER} and redis.call('EXISTS', parts) == 0 then
  enqueue(entry, ARGV[9], devices, 0, #devices, ARGV[2])
  return {answer, id, 0, epoch}
end
for from = 1, #devices, ${TOGETHER} do
  local some = table.concat(devices, ',', from, math.min(from + ${TOGETHER} - 1, #devices))
  redis.call('RPUSH', parts, entry .. '\\n' .. from - 1 .. '\\n' .. #devices .. '\\n' .. some)
end
redis.call('EXPIRE', parts, ARGV[7])
local served = tonumber(redis.call('GET', 'served:' .. ARGV[8]) or 0)
return {answer, id, served + redis.call('LLEN', parts), epoch}`,
}

/**
 * Who takes part in a conversation has changed: no message of the state before is taken from now on. KEYS: its state, its last
 * id. ARGV: the new state, channel, conversation. Returns its last id, or '' where Redis does not know it.
 */
export const changeState: RedisScript = {
  name: 'changeState',
  lua: `
redis.call('SET', KEYS[1], ARGV[1])
redis.call('PUBLISH', ARGV[2], ARGV[3])
return redis.call('GET', KEYS[2]) or ''`,
}

/**
 * Puts the next part of what waits in a large conversation into queues: in the order of its messages, whichever gateway
 * asks for it, so that none is stuck behind one that has died. KEYS: parts, how many were served. ARGV: now.
 * Returns how many were served.
 */
export const serveNext: RedisScript = {
  name: 'serveNext',
  lua: `${ENQUEUE}
local part = redis.call('LPOP', KEYS[1])
if not part then return tonumber(redis.call('GET', KEYS[2]) or 0) end
local entry, before, of, some = string.match(part, '^(.-)\\n(.-)\\n(.-)\\n(.*)$')
local devices = {}
for device in string.gmatch(some, '[^,]+') do devices[#devices + 1] = device end
local payload = redis.call('GET', 'entry:' .. entry)
if payload then enqueue(entry, payload, devices, tonumber(before), of, ARGV[1]) end
return redis.call('INCR', KEYS[2])`,
}

/** Puts a key for one device into its queue. ARGV: entry, payload, seconds, now, device. */
export const takeKey: RedisScript = {
  name: 'takeKey',
  lua: `${ENQUEUE}
redis.call('SET', 'entry:' .. ARGV[1], ARGV[2], 'EX', ARGV[3])
enqueue(ARGV[1], ARGV[2], {ARGV[5]}, 0, 1, ARGV[4])
return 1`,
}

/**
 * What waits for a device behind a position, with what it is: so many entries at most, and no more when they have a megabyte.
 * KEYS: queue, epoch. ARGV: position, most.
 * Returns the epoch or '', then entry, position, payload (or '') in turn.
 */
export const waitingEntries: RedisScript = {
  name: 'waitingEntries',
  lua: `
local found = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[1], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[2])
local answer = {redis.call('GET', KEYS[2]) or ''}
local size = 0
for index = 1, #found, 2 do
  local payload = redis.call('GET', 'entry:' .. string.match(found[index], '^[^#]+')) or ''
  size = size + #payload
  if index > 1 and size > ${PAGE_BYTES} then break end
  answer[#answer + 1] = found[index]
  answer[#answer + 1] = found[index + 1]
  answer[#answer + 1] = payload
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
 * A device is still where it was; where its route has run out, it is said again. Not where Redis was lost: the device is to
 * come back then. KEYS: route, waiting, epoch. ARGV: what the route was, seconds, device, what the epoch was.
 * Returns 1 where the route had run out: nothing was pushed to the device meanwhile.
 */
export const stayRoute: RedisScript = {
  name: 'stayRoute',
  lua: `
local held = redis.call('GET', KEYS[1])
if held == ARGV[1] then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
if held or (redis.call('GET', KEYS[3]) or '') ~= ARGV[4] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
redis.call('ZREM', KEYS[2], ARGV[3])
return 1`,
}

/**
 * Puts what the store knows into a queue that Redis has lost, before what has come since: positions up to a million, of which
 * none is left from an attempt that did not come to its end. Not for a device that has come anew meanwhile, here or elsewhere.
 * KEYS: queue, route. ARGV: seconds, entries before these, what the route was, then entry with its part, payload in turn.
 * Returns 0 where it was not for this connection any more.
 */
export const rebuildQueue: RedisScript = {
  name: 'rebuildQueue',
  lua: `
if redis.call('GET', KEYS[2]) ~= ARGV[3] then return 0 end
local position = tonumber(ARGV[2])
if position == 0 then redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', 1000000) end
for index = 4, #ARGV, 2 do
  position = position + 1
  redis.call('SET', 'entry:' .. string.match(ARGV[index], '^[^#]+'), ARGV[index + 1], 'EX', ARGV[1])
  redis.call('ZADD', KEYS[1], 'NX', position, ARGV[index])
end
return 1`,
}

/**
 * What was moved to the store leaves Redis, unless the device has come back in between, or Redis was lost: positions mean
 * something else then. KEYS: route, queue, waiting, epoch. ARGV: position up to which, device, what the epoch was. Returns
 * how much is left, or -1 where it must not go.
 */
export const leaveToStore: RedisScript = {
  name: 'leaveToStore',
  lua: `
if redis.call('EXISTS', KEYS[1]) == 1 then return -1 end
if (redis.call('GET', KEYS[4]) or '') ~= ARGV[3] then return -1 end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[1])
local left = redis.call('ZCARD', KEYS[2])
if left == 0 then redis.call('ZREM', KEYS[3], ARGV[2]) end
return left`,
}

/**
 * What devices have taken leaves their queues, unless Redis was lost since: their positions mean something else then.
 * KEYS: epoch, queues. ARGV: what the epoch was, position of each.
 */
export const takeOut: RedisScript = {
  name: 'takeOut',
  lua: `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
for index = 2, #KEYS do redis.call('ZREMRANGEBYSCORE', KEYS[index], '-inf', ARGV[index]) end
return 1`,
}

/**
 * Tells devices where they are connected, over their gateways, what is kept nowhere. KEYS: the route of whom it is about,
 * or none. ARGV: what is told where that one is connected, or it is about none, what else, devices. Returns those that
 * are connected.
 */
export const tellConnected: RedisScript = {
  name: 'tellConnected',
  lua: `
local said = ARGV[1]
if KEYS[1] and redis.call('EXISTS', KEYS[1]) == 0 then said = ARGV[2] end
local told, connected = {}, {}
for index = 3, #ARGV do
  local route = redis.call('GET', 'route:' .. ARGV[index])
  if route then
    connected[#connected + 1] = ARGV[index]
    local gateway = string.match(route, '^[^ ]+')
    if told[gateway] then told[gateway] = told[gateway] .. ',' .. ARGV[index]
    else told[gateway] = ARGV[index] end
  end
end
for gateway, list in pairs(told) do redis.call('PUBLISH', 'told:' .. gateway, list .. '\\n' .. said) end
return connected`,
}
