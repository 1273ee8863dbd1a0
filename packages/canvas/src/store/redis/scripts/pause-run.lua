-- Lets nothing of a run begin for now, or again.
-- KEYS: the run's (see keys.ts)
-- ARGV[1] 1 to pause, 0 to go on
-- Returns 1, or 0 when the run has ended or is gone.  O(1)
-- @include revoked
local stored = redis.call('HMGET', GRAPH, 'm', 'e')
if not stored[1] or stored[2] then return 0 end
if ARGV[1] == '1' then
  redis.call('HSET', REVOKED, 'ranges', ranges_in('ranges') or '', 'paused', read_clock())
else
  redis.call('HDEL', REVOKED, 'paused')
  -- With nothing else in it, the run takes the short ways again.
  if ranges_in('ranges') == '' and redis.call('HLEN', REVOKED) == 1 then redis.call('DEL', REVOKED) end
end
return 1
