-- Lets a run tell which of its nodes end. A run that is gone must not come back as a hash with this field alone.
-- KEYS: the run's (see keys.ts)
-- Returns 1, or 0 when the run is gone.  O(1)
-- @include run
if redis.call('HEXISTS', GRAPH, 'm') == 0 then return 0 end
redis.call('HSET', GRAPH, 'w', '1')
return 1
