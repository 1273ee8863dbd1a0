-- Notes that nodes are revoked: what of them has not begun never will, whoever comes upon it.
-- KEYS: the run's (see keys.ts)
-- ARGV[1] channel of the run   ARGV[2] 1 when attempts that run are to be ended too   then ranges: first, last
-- Returns 1, or 0 when the run has ended or is gone.  O(ranges)
-- @include revoked
local stored = redis.call('HMGET', GRAPH, 'm', 'e', 'R', 'n', 'w')
if not stored[1] or stored[2] then return 0 end
local number = redis.call('HINCRBY', REVOKED, 'number', 1)
local news, has_result = {}, false
for at = 3, #ARGV, 2 do
  local first, last = ARGV[at], ARGV[at + 1]
  if first == last then
    local before, ends = string.match(redis.call('HGET', REVOKED, first) or '', '^(%d+):(%d)$')
    redis.call('HSET', REVOKED, 'ranges', ranges_in('ranges') or '', first,
      (before or number) .. ':' .. (ends == '1' and '1' or ARGV[2]))
  else
    note_range(first, last, ':' .. number .. ':' .. ARGV[2] .. ':;')
  end
  news[#news + 1] = first == last and first or first .. '-' .. last
  has_result = has_result or (tonumber(first) <= tonumber(stored[3]) and tonumber(stored[3]) <= tonumber(last))
end
if has_result and stored[4] then redis.call('PUBLISH', stored[4], ARGV[1] .. ' ' .. stored[3] .. ' ') end
if stored[5] then redis.call('PUBLISH', ARGV[1], table.concat(news, ',')) end
return 1
