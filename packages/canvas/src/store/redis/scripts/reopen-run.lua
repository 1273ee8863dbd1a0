-- Opens a run again that has ended, or that nobody can go on with: what was in flight is gone, what was revoked or dead is so no
-- more, and attempts of before are too late for ever. Nothing is started; until that is done, only the resumer may change it.
-- KEYS: the run's (see keys.ts)
-- ARGV[1] the resumer   ARGV[2] process that the run is to end with, or ''
-- ARGV[3] ms after which the work of a resumer is taken over that has not come to its end
-- ARGV[4] how often the run had been resumed when what is to be done was planned: if it was since, the plan is of no use
-- Returns "reopened" | "running" | "missing".  O(1), and the memory of what is let go
-- @include revoked
local stored = redis.call('HMGET', GRAPH, 'm', 'e', 'q', 'A')
if not stored[1] then return 'missing' end
if read_course().epoch ~= tonumber(ARGV[4]) then return 'running' end
local now = read_clock()
if not stored[2] and not stored[3] then
  local since = stored[4] and tonumber(string.match(stored[4], '|(%d+)$'))
  if not since or since + tonumber(ARGV[3]) > now then return 'running' end
  redis.call('HSET', GRAPH, 'A', ARGV[1] .. '|' .. now)
  return 'reopened'
end
local epoch = read_course().epoch + 1
redis.call('UNLINK', FLIGHTS, OPEN, DEAD, REVOKED)
redis.call('HSET', REVOKED, 'ranges', '', 'epoch', epoch)
redis.call('HDEL', GRAPH, 'e', 'q')
redis.call('HSET', GRAPH, 'A', ARGV[1] .. '|' .. now)
if ARGV[2] == '' then redis.call('HDEL', GRAPH, 'o') else redis.call('HSET', GRAPH, 'o', ARGV[2]) end
for _, key in ipairs({ GRAPH, RESULTS, JOINS, COUNTS }) do redis.call('PERSIST', key) end
return 'reopened'
