-- Gives new pages to an attempt that adds nodes to its run.
-- KEYS: the run's (see keys.ts)
-- ARGV[1] how many
-- Returns the number of pages that there are then, or 0 when the run is gone.  O(1)
-- @include run
if redis.call('HEXISTS', GRAPH, 'm') == 0 then return 0 end
return redis.call('HINCRBY', GRAPH, 'P', ARGV[1])
