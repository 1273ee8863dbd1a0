-- Dispatches a slice anew, if it is still as the janitor saw it.
-- KEYS: the run's (see keys.ts)
-- ARGV[1] key   ARGV[2] generation   ARGV[3] token
-- Returns the new generation, or 0 when the slice has moved on.  O(1)
-- @include run
local flight = redis.call('HGET', FLIGHTS, ARGV[1])
if not flight then return 0 end
local generation, token, bits, holder, due, rest = string.match(flight, '^(%d+)|(%d+)|(%w+)|([^|]*)|([^|]*)(|.*)$')
if generation ~= ARGV[2] or token ~= ARGV[3] then return 0 end
generation = tonumber(generation) + 1
redis.call('HSET', FLIGHTS, ARGV[1], generation .. '|' .. token .. '|' .. bits .. '|' .. holder .. '|' .. read_clock() .. rest)
return generation
