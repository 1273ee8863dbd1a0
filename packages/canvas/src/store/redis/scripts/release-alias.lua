-- Deletes an id of somebody's own, unless another run has taken it since.
-- KEYS[1] the alias   ARGV[1] the run that it led to
-- Returns how many were deleted.  O(1)
local node = redis.call('GET', KEYS[1])
if not node or string.sub(node, 1, #ARGV[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
