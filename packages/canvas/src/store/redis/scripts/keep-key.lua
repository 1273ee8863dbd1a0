-- Keeps a deduplication key for a call that is stored, or gives it up for one that is not, unless it is another call's.
-- KEYS[1] the key   ARGV[1] the call: its result   ARGV[2] for how long, ms; 0 to give it up
-- Returns whether it was this call's, or nobody's.  O(1)
local holder = redis.call('GET', KEYS[1])
if holder and string.sub(holder, 2) ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], 's' .. ARGV[1], 'PX', ARGV[2])
end
return 1
