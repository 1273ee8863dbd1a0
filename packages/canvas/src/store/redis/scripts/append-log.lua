-- Keeps lines that tasks of a run have logged, behind those before them; the first ones go when there are too many.
-- KEYS: the run's (see keys.ts)
-- ARGV[1] how many are kept   ARGV[2] … lines
-- Returns 1, or 0 when the run is gone.  O(lines)
-- @include run
local expires_in = redis.call('PTTL', GRAPH)
if expires_in == -2 then return 0 end
local bounds = redis.call('HMGET', COUNTS, 'lf', 'll')
local first, last = tonumber(bounds[1] or '1'), tonumber(bounds[2] or '0')
for position = 2, #ARGV do
  last = last + 1
  redis.call('HSET', COUNTS, 'l' .. last, ARGV[position])
end
for number = first, last - tonumber(ARGV[1]) do
  redis.call('HDEL', COUNTS, 'l' .. number)
  first = number + 1
end
redis.call('HSET', COUNTS, 'lf', first, 'll', last)
-- The run may have ended before anything was counted.
if expires_in >= 0 then redis.call('PEXPIRE', COUNTS, expires_in) end
return 1
