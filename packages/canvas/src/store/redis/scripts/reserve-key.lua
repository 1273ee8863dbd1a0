-- Reserves a deduplication key for a call that is about to be stored, unless another call has it.
-- KEYS[1] the key   ARGV[1] the call: its result   ARGV[2] for how long, ms
-- Returns nothing when it is this call's now; else who has it: `r` (reserved) or `s` (stored), and its result.  O(1)
local holder = redis.call('GET', KEYS[1])
if holder and string.sub(holder, 2) ~= ARGV[1] then return holder end
if not holder then redis.call('SET', KEYS[1], 'r' .. ARGV[1], 'PX', ARGV[2]) end
return false
