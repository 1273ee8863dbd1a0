-- Shows a state that a running task gives itself. An attempt that was lost shows nothing.
-- KEYS: the run's (see keys.ts)
-- ARGV[1] channel of the run   ARGV[2] slice's key   ARGV[3] node   ARGV[4] token   ARGV[5] state
-- ARGV[6] what is told with it, JSON or ''
-- Returns 1, or 0 when it was too late.  O(1)
-- @include run
local flight = redis.call('HGET', FLIGHTS, ARGV[2])
if not flight then return 0 end
local token, bits, stride = string.match(flight, '^%d+|(%d+)|(%w+)|.*|(%d+)$')
local offset = (tonumber(ARGV[3]) - tonumber(string.match(ARGV[2], '^%d+'))) / tonumber(stride) + 1
if token ~= ARGV[4] or string.sub(bits, offset, offset) ~= 'r' then return 0 end
redis.call('HSET', COUNTS, 's' .. ARGV[3], ARGV[5] .. '\n' .. ARGV[6], 's', 1)
local told = redis.call('HMGET', GRAPH, 'R', 'n', 'w')
if told[2] and told[1] == ARGV[3] then redis.call('PUBLISH', told[2], ARGV[1] .. ' ' .. ARGV[3] .. ' ') end
if told[3] then redis.call('PUBLISH', ARGV[1], ARGV[3]) end
return 1
