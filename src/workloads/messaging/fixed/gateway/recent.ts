import type { RedisScript } from '../../../../stores/redis/client.ts'

/** More unread ones are shown as "99+" (M-04). */
export const MOST_UNREAD = 100
/** How long the last messages of a conversation in which nothing is said are kept beside the log. */
export const RECENT_SECONDS = 86_400

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
